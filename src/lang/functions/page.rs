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

Names and results are Terraform's: `tests/goldens/language.json` holds them against OpenTofu. What differs on purpose:

| where | sk-dr | Terraform, OpenTofu | why |
|---|---|---|---|
| numbers | decimals of up to 1000 digits on each side of the point; a division that does not come out even is rounded to 60 digits; no `-0` | binary floats of 512 bits, `-0` | `0.1 + 0.2 == 0.3` |
| `timestamp`, `plantimestamp`, `uuid`, `bcrypt`, `pathexpand` | are not there | give another value each time, or on each machine | the same configuration gives the same plan |
| `rsadecrypt`, `base64gzip`, `ephemeralasnull` | are not there | | a `secret` block reads what its command decrypted; packed bytes depend on the packer; nothing is ephemeral |
| paths | relative to the configuration directory, in modules too: `path.module` is the module's directory as seen from there (`file(\"${path.module}/x\")`), `path.root` is `.` | relative to the working directory | the same from everywhere |
| `nonsensitive` | takes a value that is not sensitive too | refuses it | a module need not know |
| values known after apply, secrets | a function that looks at a value needs it now: an error names it; functions that only hand values on (`concat`, `merge`, `values`, `tolist`, ...) take both | the result is unknown | a plan says what apply writes |
| texts | stay as they are written | are brought into Unicode's form NFC | what is compared with a server is what the server has |
| `yamldecode` of `.inf`, `.nan` | an error | a number without end; an error | JSON, and so a server, has no such number |
| `yamldecode` of what only YAML 1.2 knows: `%YAML 1.2`, `\\/`, pairs of surrogates, tabs behind `-`, before a key and before the first character of a block, points in anchors, a `!` alone, directives | is read | an error | newer tools write it |
| `yamldecode` of U+0085, U+2028, U+2029 | characters like others | breaks of a line | YAML 1.2 |
| `yamldecode` of `\\|#comment` | an error | is read | YAML asks for a space |
| `fileset` | does not follow links to directories | follows them | they may lead in a circle, or out |
| `fileset` with `{a\\,b}`, `\\a` | the character itself | matches nothing | as `\\*` does |

`yamldecode` reads `0644` as the number 644, as Terraform does; kubectl reads an octal number, 420. Of a key that stands twice the
last counts, and `<<` merges where it stands: both as in Terraform.

| function | gives |
|---|---|
";
