package proposal

import (
	"fmt"

	"shangliang/internal/org"
	"shangliang/internal/search"
)

// index makes the case found as it is now, by its words and by what it is like.
// Only what was handed in is found.
func (w *work) index() error {
	if w.SerialNo == 0 {
		return nil
	}
	if err := signed(w.tx, w.Proposal); err != nil {
		return err
	}
	ids := []string{w.Lead}
	for _, p := range w.Parties {
		if p.Standing() && p.Person != w.Lead {
			ids = append(ids, p.Person)
		}
	}
	names, err := org.PersonNames(w.tx, w.Tenant, ids)
	if err != nil {
		return err
	}
	bodies, err := org.BodyNames(w.tx, w.Tenant, []string{w.Body})
	if err != nil {
		return err
	}
	d := search.Doc{Tenant: w.Tenant, Kind: "proposal", ID: w.ID, Title: w.Title, Body: w.text(), Audience: w.audienceTokens(), At: w.SubmittedAt,
		Facets: map[string]string{"state": w.State, "year": itoa(w.Year), "subject": w.Subject}}
	if w.CaseNo > 0 {
		d.Number = fmt.Sprintf("%d-%04d", w.Year, w.CaseNo)
	}
	for _, id := range ids {
		d.People = append(d.People, names[id])
	}
	if w.Body != "" {
		d.People = append(d.People, bodies[w.Body])
	}
	if err := search.Put(w.tx, d); err != nil {
		return err
	}
	for _, m := range w.Merged { // found by whoever handles the lead
		o, err := w.other(m.ID)
		if err != nil {
			return err
		}
		if err := o.index(); err != nil {
			return err
		}
	}
	return nil
}
