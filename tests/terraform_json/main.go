// Reads what sk-dr writes for programs with HashiCorp's own types, and prints what these understood, one line each:
// plans (*.plan.json), answers of validate (*.validate.json), streams of -json (*.stream.json).
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: terraform_json DIRECTORY")
	}
	files, err := filepath.Glob(filepath.Join(os.Args[1], "*.json"))
	if err != nil || len(files) == 0 {
		log.Fatalf("%s: no files (%v)", os.Args[1], err)
	}
	sort.Strings(files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			log.Fatal(err)
		}
		name := filepath.Base(file)
		fmt.Printf("%s\n", name)
		switch {
		case strings.HasSuffix(name, ".plan.json"):
			err = plan(text)
		case strings.HasSuffix(name, ".validate.json"):
			err = validate(text)
		case strings.HasSuffix(name, ".stream.json"):
			err = stream(text)
		default:
			err = fmt.Errorf("no reader for it")
		}
		if err != nil {
			log.Fatalf("%s: %v", name, err)
		}
	}
}

func plan(text []byte) error {
	var plan tfjson.Plan
	if err := json.Unmarshal(text, &plan); err != nil {
		return err
	}
	counts := map[string]int{}
	for _, change := range plan.ResourceChanges {
		actions := change.Change.Actions
		for _, action := range actions {
			counts[string(action)]++
		}
		line := fmt.Sprintf("  %v %s", actions, change.Address)
		if change.ModuleAddress != "" {
			line += " module=" + change.ModuleAddress
		}
		if change.Index != nil {
			line += fmt.Sprintf(" index=%v", change.Index)
		}
		if change.Change.Importing != nil {
			line += " importing=" + change.Change.Importing.ID
		}
		if change.ActionReason != "" {
			line += " reason=" + string(change.ActionReason)
		}
		fmt.Println(line)
	}
	for _, deferred := range plan.DeferredChanges {
		fmt.Printf("  %s: %s\n", deferred.Reason, deferred.ResourceChange.Address)
	}
	for name, change := range plan.OutputChanges {
		fmt.Printf("  output %s %v\n", name, change.Actions)
	}
	planned, prior := len(plan.PlannedValues.RootModule.Resources), len(plan.PriorState.Values.RootModule.Resources)
	fmt.Printf("  create %d, update %d, delete %d; planned %d, prior %d, complete %v\n",
		counts["create"], counts["update"], counts["delete"], planned, prior, *plan.Complete)
	return nil
}

func validate(text []byte) error {
	var output tfjson.ValidateOutput
	if err := json.Unmarshal(text, &output); err != nil {
		return err
	}
	fmt.Printf("  valid %v, %d errors, %d warnings\n", output.Valid, output.ErrorCount, output.WarningCount)
	for _, found := range output.Diagnostics {
		line := fmt.Sprintf("  %s: %s", found.Severity, found.Summary)
		if found.Range != nil {
			line += fmt.Sprintf(" at %s:%d:%d", found.Range.Filename, found.Range.Start.Line, found.Range.Start.Column)
		}
		if found.Snippet != nil {
			line += fmt.Sprintf(" %q", found.Snippet.Code[found.Snippet.HighlightStartOffset:found.Snippet.HighlightEndOffset])
		}
		fmt.Println(line)
	}
	return nil
}

func stream(text []byte) error {
	for _, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		message, err := tfjson.UnmarshalLogMessage(line)
		if err != nil {
			return err
		}
		if message.Message() == "" || message.Timestamp().IsZero() {
			return fmt.Errorf("without message or time: %s", line)
		}
		switch message := message.(type) {
		case tfjson.VersionLogMessage:
			fmt.Printf("  version: ui %s\n", message.UI)
		case tfjson.DiagnosticLogMessage:
			fmt.Printf("  diagnostic: %s %q\n", message.Diagnostic.Severity, message.Diagnostic.Summary)
		case tfjson.LogMessage:
			fmt.Printf("  log: %s\n", message.Level())
		default:
			// Changes and hooks have no Go types there: what is common to all messages was read.
			fmt.Printf("  %s: %s\n", message.Level(), message.Message())
		}
	}
	return nil
}
