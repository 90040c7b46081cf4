# Twenty resources that wait for nothing: for planted mistakes, which are tried in every column.
sk_dr {
  stack = "kill"
}

provider "kubernetes" {
  config_path = "kubeconfig"
}

resource "kubernetes_namespace" "app" {
  count = 20
  metadata {
    name = "n${count.index + 10}"
  }
}
