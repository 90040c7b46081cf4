//! The page of functions, from the registry: what a function takes and gives cannot be said in two places.

use super::all;

/// `docs/functions.md`.
pub fn page() -> String {
    let mut rows: Vec<String> = all()
        .map(|function| {
            let call = format!("{}({})", function.name, function.parameters);
            format!("| `{call}` | {} |\n", function.doc)
        })
        .collect();
    rows.sort();
    format!("{HEAD}{}", rows.concat())
}

const HEAD: &str = "# Functions

Names and results are Terraform's. What differs:

- Numbers are decimals of up to 1000 digits on each side of the point, so that `0.1 + 0.2 == 0.3`; a division that does not
  come out even is rounded to 60 digits. Numbers of `yamldecode` are floats of 64 bits.
- There is no `timestamp`, `plantimestamp`, `uuid` or `bcrypt`: the same configuration gives the same plan. There is no
  `pathexpand`, which depends on the machine, and neither `rsadecrypt` (a `secret` block reads what was decrypted by its
  command), nor `base64gzip` (its bytes depend on who packs them), nor `ephemeralasnull` (nothing is ephemeral). `urldecode` is OpenTofu's.
- Paths are relative to the configuration directory, in modules too: `path.module` is the module's directory as seen from
  there (`file(\"${path.module}/x\")`), `path.root` is `.`.
- `nonsensitive` takes a value that is not sensitive too.
- A function that looks at a value needs it now: one that is known only after apply, or a secret, is an error that names it.
  Functions that only hand values on (`concat`, `merge`, `values`, `tolist`, ...) take both.

| function | gives |
|---|---|
";
