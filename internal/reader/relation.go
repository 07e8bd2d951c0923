package reader

// Relation is what was found in comparing figures of one report.
type Relation struct {
	Kind    string `json:"kind"`    // equal, sum, subset, rate, range
	Figures []int  `json:"figures"` // indices into Report.Figures
	Holds   bool   `json:"holds"`
	Says    string `json:"says"` // what was compared, in Simplified Chinese
}

func (r *Report) relate() {}
