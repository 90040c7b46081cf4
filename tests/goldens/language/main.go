// Command language remakes tests/goldens/language.json: it asks OpenTofu what each case of the file gives. A case says
// what to `do` with its `input`; `output` is the JSON of the result, and is missing where OpenTofu reports an error.
// All cases are evaluated in one run, but those whose text does not parse, which are asked one by one.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

type golden struct {
	Do     string          `json:"do"`
	Input  json.RawMessage `json:"input"`
	Output *string         `json:"output,omitempty"`
}

// The files that `fileset` looks at, beside two links.
var tree = []string{
	"hello.txt", "hallo.txt", "hello.md", "world.txt", "sp ace.txt", "star*.txt", ".hidden", "été.txt", "a,b.txt",
	"b}race.txt", "-dash.txt", "]close.txt", "sub/x.txt", "sub/y.txt", "sub/.dot", "sub/deep/x.txt", "sub/deep/deeper/z.txt",
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: language TOFU GOLDENS.json")
	}
	tofu, path := os.Args[1], os.Args[2]
	text, err := os.ReadFile(path)
	check(err)
	var cases []golden
	check(json.Unmarshal(text, &cases))
	directory, err := os.MkdirTemp("", "goldens")
	check(err)
	defer os.RemoveAll(directory)
	plant(directory)
	var config strings.Builder
	var results []string
	for at := range cases {
		cases[at].Output = nil
		expression := expression(directory, at, &cases[at])
		if cases[at].Do == "syntax" {
			cases[at].Output = alone(tofu, expression)
			continue
		}
		fmt.Fprintf(&config, "locals {\n  c%d = try(jsonencode(%s\n), null)\n}\n", at, expression)
		results = append(results, fmt.Sprintf("    c%d = local.c%d\n", at, at))
	}
	fmt.Fprintf(&config, "output \"results\" {\n  value = {\n%s  }\n}\n", strings.Join(results, ""))
	write(filepath.Join(directory, "main.tf"), config.String())
	run(directory, tofu, "apply", "-auto-approve", "-no-color")
	var found map[string]*string
	check(json.Unmarshal(run(directory, tofu, "output", "-json", "results"), &found))
	for at := range cases {
		if cases[at].Do != "syntax" {
			cases[at].Output = found[fmt.Sprintf("c%d", at)]
		}
	}
	var out bytes.Buffer
	out.WriteString("[\n")
	for at, one := range cases {
		line := new(bytes.Buffer)
		encoder := json.NewEncoder(line)
		encoder.SetEscapeHTML(false)
		check(encoder.Encode(one))
		out.Write(bytes.TrimSpace(line.Bytes()))
		if at+1 < len(cases) {
			out.WriteString(",")
		}
		out.WriteString("\n")
	}
	out.WriteString("]\n")
	write(path, out.String())
}

// expression is the case as an expression of the language; its files are written beside it.
func expression(directory string, at int, one *golden) string {
	switch one.Do {
	case "yamldecode", "templatefile", "expression", "syntax":
		var input string
		check(json.Unmarshal(one.Input, &input))
		if one.Do == "expression" || one.Do == "syntax" {
			return input
		}
		name := fmt.Sprintf("case-%d", at)
		write(filepath.Join(directory, name), input)
		if one.Do == "yamldecode" {
			return fmt.Sprintf("yamldecode(file(%q))", name)
		}
		return fmt.Sprintf("templatefile(%q, { x = \"x\", n = 2, m = { b = 1, a = 2 } })", name)
	case "yamlencode":
		name := fmt.Sprintf("case-%d", at)
		write(filepath.Join(directory, name), string(one.Input))
		return fmt.Sprintf("yamlencode(jsondecode(file(%q)))", name)
	case "fileset":
		var input [2]string
		check(json.Unmarshal(one.Input, &input))
		return fmt.Sprintf("fileset(jsondecode(%s), jsondecode(%s))", quote(input[0]), quote(input[1]))
	}
	log.Fatalf("case %d: what is %q?", at, one.Do)
	return ""
}

// quote writes JSON of a text as a text of the language.
func quote(text string) string {
	inner, err := json.Marshal(text)
	check(err)
	outer, err := json.Marshal(string(inner))
	check(err)
	return string(outer)
}

// alone is what a configuration of this expression alone gives.
func alone(tofu, expression string) *string {
	directory, err := os.MkdirTemp("", "goldens")
	check(err)
	defer os.RemoveAll(directory)
	write(filepath.Join(directory, "main.tf"), "output \"x\" {\n  value = jsonencode(\n"+expression+"\n)\n}\n")
	command := exec.Command(tofu, "apply", "-auto-approve", "-no-color")
	command.Dir = directory
	if command.Run() != nil {
		return nil
	}
	var value string
	check(json.Unmarshal(run(directory, tofu, "output", "-json", "x"), &value))
	return &value
}

func plant(directory string) {
	write(filepath.Join(directory, "files", "beside.txt"), "x")
	for _, name := range tree {
		write(filepath.Join(directory, "files", "tree", name), "x")
	}
	check(os.Symlink("hello.txt", filepath.Join(directory, "files", "tree", "link.txt")))
	check(os.Symlink("sub", filepath.Join(directory, "files", "tree", "linkdir")))
}

func write(path, text string) {
	check(os.MkdirAll(filepath.Dir(path), 0o755))
	check(os.WriteFile(path, []byte(text), 0o644))
}

func run(directory, program string, arguments ...string) []byte {
	command := exec.Command(program, arguments...)
	command.Dir = directory
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		log.Fatalf("%s %s: %v\n%s", program, strings.Join(arguments, " "), err, out)
	}
	return out
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
