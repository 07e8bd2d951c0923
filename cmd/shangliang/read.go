package main

import (
	"context"
	"encoding/json"
	"os"

	"shangliang/internal/reader"
)

// read prints the figures of published reports.
func read(_ context.Context, e env, args []string) error {
	var asJSON bool
	f := e.flags("read", "FILE… [-json]")
	f.BoolVar(&asJSON, "json", false, "print JSON: a list with one object for each file")
	files, err := mixed(f, args)
	if err != nil {
		return err
	}
	var reports []*reader.Report
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		r, err := reader.Read(name, data)
		if err != nil {
			return err
		}
		reports = append(reports, r)
	}
	j := json.NewEncoder(e.out)
	j.SetEscapeHTML(false)
	j.SetIndent("", "  ")
	return j.Encode(reports)
}
