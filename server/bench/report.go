package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
)

// Report is everything that was measured.
type Report struct {
	Machine Machine  `json:"machine"`
	Rounds  int      `json:"rounds"`
	Window  string   `json:"window"`
	Results []Result `json:"results"`
}

// JSON writes it with all rounds.
func (r Report) JSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// Text writes tables for people.
func (r Report) Text(out io.Writer) error {
	if _, err := fmt.Fprintln(out, r.Machine); err != nil {
		return err
	}
	for _, table := range r.tables() {
		if _, err := fmt.Fprintf(out, "\n%s\n", table[0].Table); err != nil {
			return err
		}
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, row := range rows(table) {
			_, _ = fmt.Fprintln(w, strings.Join(row, "\t"))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// Markdown writes the tables as docs/performance.md has them.
func (r Report) Markdown(out io.Writer) error {
	if _, err := fmt.Fprintf(out, "%s.\nMedian of %d rounds of %s.\n", r.Machine, r.Rounds, r.Window); err != nil {
		return err
	}
	for _, table := range r.tables() {
		all := rows(table)
		rule := slices.Repeat([]string{"---"}, len(all[0]))
		if _, err := fmt.Fprintf(out, "\n### %s\n\n", table[0].Table); err != nil {
			return err
		}
		for _, row := range slices.Insert(all, 1, rule) {
			if _, err := fmt.Fprintf(out, "| %s |\n", strings.Join(row, " | ")); err != nil {
				return err
			}
		}
	}
	return nil
}

// tables groups the results, in the order in which they came.
func (r Report) tables() [][]Result {
	var tables [][]Result
	at := map[string]int{}
	for _, result := range r.Results {
		i, known := at[result.Table]
		if !known {
			i = len(tables)
			at[result.Table] = i
			tables = append(tables, nil)
		}
		tables[i] = append(tables[i], result)
	}
	return tables
}

// rows returns the head and a row for each result.
func rows(table []Result) [][]string {
	head := []string{"case", "what"}
	for _, metric := range table[0].Metrics {
		head = append(head, metric.Name)
	}
	all := [][]string{head}
	for _, result := range table {
		row := []string{result.Case, result.About}
		for _, metric := range result.Metrics {
			row = append(row, figure(metric.Value))
		}
		all = append(all, row)
	}
	return all
}

// figure writes three digits, or all of a larger number.
func figure(value float64) string {
	switch size := math.Abs(value); {
	case size >= 100:
		return humanize.Comma(int64(math.Round(value)))
	case size >= 10:
		return fmt.Sprintf("%.1f", value)
	default:
		return fmt.Sprintf("%.2f", value)
	}
}
