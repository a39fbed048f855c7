package bench

import "slices"

// Metric is one figure.
type Metric struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// Result is what a case measured.
type Result struct {
	Case string `json:"case"`
	// Table is where it is reported; results of one table have the same metrics.
	Table string `json:"table"`
	About string `json:"about"`
	// Metrics of the median round, each on its own.
	Metrics []Metric `json:"metrics"`
	// Rounds have the metrics of each.
	Rounds [][]Metric `json:"rounds,omitempty"`
}

// median takes the median of each metric over rounds.
func median(rounds [][]Metric) []Metric {
	if len(rounds) == 0 {
		return nil
	}
	middle := slices.Clone(rounds[0])
	for i := range middle {
		var values []float64
		for _, round := range rounds {
			values = append(values, round[i].Value)
		}
		slices.Sort(values)
		middle[i].Value = values[len(values)/2]
	}
	return middle
}
