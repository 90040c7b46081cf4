//! Two checkouts of one commit: their plans are one plan, and one that is made in the one is carried out in the other, where
//! its journal is kept (R37, R43).

use crate::children::Served;
use std::fs;
use std::path::Path;

const MAIN: &str = "sk_dr { stack = \"checkouts\" }\nprovider \"kubernetes\" { config_path = \"kubeconfig\" }\nresource \"kubernetes_namespace\" \"n\" {\n  metadata { name = \"n\" }\n}\nresource \"kubernetes_cluster\" \"c\" {\n  name       = \"c\"\n  command    = [\"touch\", \"made\"]\n  kubeconfig = \"kubeconfig\"\n}\n";

fn plan(path: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test]
async fn a_plan_knows_no_directory() {
    let served = Served::empty();
    served.serve("kubeconfig").await;
    let root = served.directory.path();
    for checkout in ["one", "two"] {
        fs::create_dir(root.join(checkout)).unwrap();
        fs::write(root.join(checkout).join("main.hcl"), MAIN).unwrap();
        fs::copy(
            root.join("kubeconfig"),
            root.join(checkout).join("kubeconfig"),
        )
        .unwrap();
        served
            .expect(&format!("-chdir={checkout} plan -out=x.plan"), 0)
            .await;
    }
    let [one, two] = ["one", "two"].map(|checkout| plan(&root.join(checkout).join("x.plan")));
    assert_eq!(one["digest"], two["digest"]);
    let here = root.display().to_string();
    assert!(!one.to_string().contains(&here), "{one}");
    let line = format!(
        "-chdir=two apply -expect={} ../one/x.plan",
        one["digest"].as_str().unwrap()
    );
    served.expect(&line, 0).await;
    assert!(root.join("two/.sk-dr/runs").exists());
    assert!(!root.join("one/.sk-dr").exists());
    let told = served.expect("-chdir=two plan -detailed-exitcode", 0).await;
    assert!(told.contains("No changes."), "{told}");
}
