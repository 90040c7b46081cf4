//! A cluster with its node and its disks, which can be lost together, and a store elsewhere that outlives them.

use crate::Place;
use crate::kubelet::Kubelet;
use crate::node_agent::NodeAgent;
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use crate::velero::Moto;
use crate::workloads::Workloads;
use std::fs;
use std::path::{Path, PathBuf};

/// What a case loses and gets back.
pub struct Site {
    /// The API server. After a loss it is another one at the same address.
    pub cluster: Cluster,
    /// The store, with bucket `backups`.
    pub moto: Moto,
    node: Option<Node>,
    bin: PathBuf,
    disks: PathBuf,
}

/// What runs beside the API server.
struct Node {
    kubelet: Kubelet,
    _workloads: Workloads,
    _agent: NodeAgent,
}

impl Site {
    /// Starts all of it.
    pub async fn start(place: &Place) -> Self {
        let mut site = Self {
            cluster: Cluster::start(&place.bin, &place.directory.join("cluster")).await,
            moto: Moto::start(&place.bin, &place.directory, "backups").await,
            node: None,
            bin: place.bin.clone(),
            disks: place.directory.join("disks"),
        };
        site.start_node().await;
        site
    }
    async fn start_node(&mut self) {
        fs::create_dir_all(&self.disks).unwrap();
        let kubelet = Kubelet::start(&self.bin, &self.cluster).await;
        self.node = Some(Node {
            kubelet,
            _workloads: Workloads::start(&self.cluster).await,
            _agent: NodeAgent::start(&self.bin, &self.cluster, &self.disks).await,
        });
    }
    /// Requests of the harness.
    pub async fn harness(&self) -> Requests {
        self.cluster.requests(User::Harness).await
    }
    /// The node's kubelet.
    pub fn kubelet(&self) -> &Kubelet {
        &self.node.as_ref().unwrap().kubelet
    }
    /// Directory of a volume, by its name in the Pods that mount it.
    pub fn disk(&self, namespace: &str, volume: &str) -> PathBuf {
        self.disks.join(namespace).join(volume)
    }
    /// Ends everything at once and deletes what etcd and the disks hold. The store is kept; nothing answers any more.
    pub fn lose(&mut self) {
        self.node = None;
        self.cluster.lose();
        fs::remove_dir_all(&self.disks).unwrap();
    }
    /// A bare API server at the address of the lost one, with a node that runs nothing.
    pub async fn rebuild(&mut self) {
        self.cluster.rebuild().await;
        self.start_node().await;
    }
}

/// Every file below a directory with its bytes, less what Velero leaves there to tell that it has ended.
pub fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with(".velero") {
                waiting.push(path);
            } else if path.is_file() {
                let name = path.strip_prefix(directory).unwrap().to_owned();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}
