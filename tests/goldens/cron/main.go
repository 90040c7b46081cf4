// Writes what robfig/cron v3 and Go's time package really answer, as JSON on standard output:
// `go run . cron` and `go run . durations`. The tests of src/model hold the Rust port against it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
	_ "time/tzdata"

	"github.com/robfig/cron/v3"
)

type cronCase struct {
	Expression string    `json:"expression"`
	Error      string    `json:"error,omitempty"`
	Runs       []runCase `json:"runs,omitempty"`
}

type runCase struct {
	After string   `json:"after"`
	Zone  string   `json:"zone"`
	Next  []string `json:"next"`
}

type durationCase struct {
	Text        string `json:"text"`
	Error       string `json:"error,omitempty"`
	Nanoseconds int64  `json:"nanoseconds"`
	Printed     string `json:"printed,omitempty"`
}

// parse answers a panic as Velero does: recovered, with the value as the reason.
func parse(expression string) (schedule cron.Schedule, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%v", reason)
		}
	}()
	return cron.ParseStandard(expression)
}

// runs lists the next five times. Years are past or calm ones, in which every edition of the zone data agrees. Instants and zones of the server around the turns of daylight saving.
func runs(schedule cron.Schedule) []runCase {
	starts := []struct{ after, zone string }{
		{"2026-01-01T00:00:00Z", "UTC"},
		{"2026-02-28T23:59:59.5Z", "UTC"},
		{"2024-03-30T22:30:15Z", "Europe/Berlin"},
		{"2024-10-26T22:30:00Z", "Europe/Berlin"},
		{"2018-11-03T12:00:00Z", "America/Sao_Paulo"},
		{"2024-04-06T10:00:00Z", "Australia/Lord_Howe"},
		{"2024-11-02T20:10:00.999999999Z", "America/New_York"},
	}
	var cases []runCase
	for _, start := range starts {
		zone, err := time.LoadLocation(start.zone)
		if err != nil {
			panic(err)
		}
		at, err := time.Parse(time.RFC3339Nano, start.after)
		if err != nil {
			panic(err)
		}
		at = at.In(zone)
		next := []string{}
		for len(next) < 5 {
			at = schedule.Next(at)
			if at.IsZero() {
				break
			}
			next = append(next, at.UTC().Format(time.RFC3339Nano))
		}
		cases = append(cases, runCase{start.after, start.zone, next})
	}
	return cases
}

func crons() any {
	var cases []cronCase
	for _, expression := range expressions {
		schedule, err := parse(expression)
		if err != nil {
			cases = append(cases, cronCase{Expression: expression, Error: err.Error()})
			continue
		}
		cases = append(cases, cronCase{Expression: expression, Runs: runs(schedule)})
	}
	return cases
}

func durations() any {
	var cases []durationCase
	for _, text := range durationTexts {
		duration, err := time.ParseDuration(text)
		if err != nil {
			cases = append(cases, durationCase{Text: text, Error: err.Error()})
			continue
		}
		cases = append(cases, durationCase{Text: text, Nanoseconds: int64(duration), Printed: duration.String()})
	}
	return cases
}

func main() {
	if len(os.Args) != 2 || (os.Args[1] != "cron" && os.Args[1] != "durations") {
		fmt.Fprintln(os.Stderr, "usage: go run . cron|durations")
		os.Exit(1)
	}
	answer := crons
	if os.Args[1] == "durations" {
		answer = durations
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(answer()); err != nil {
		panic(err)
	}
}
