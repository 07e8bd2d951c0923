package main

import (
	"context"
	"fmt"
	"os"

	"shangliang/internal/reader"
)

// read prints the figures of published reports. A file that cannot be read is
// named and does not keep the others from being read.
func read(ctx context.Context, e env, args []string) error {
	var asJSON bool
	f := e.flags("read", "FILE… [-json]")
	f.BoolVar(&asJSON, "json", false, "print JSON: a list with one object for each file")
	files, err := mixed(f, args)
	if err != nil {
		return err
	}
	reports, failed := []*reader.Report{}, 0
	for _, name := range files {
		r, err := readFile(name)
		if err != nil {
			fmt.Fprintf(e.err, "shangliang: %s: %v\n", name, err)
			failed++
			continue
		}
		if reports = append(reports, r); asJSON {
			continue
		}
		if err := r.Print(ctx, e.out); err != nil {
			return err
		}
	}
	if asJSON {
		if err := reader.PrintJSON(e.out, reports); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d files could not be read", failed, len(files))
	}
	return nil
}

func readFile(name string) (*reader.Report, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return reader.Read(name, data)
}
