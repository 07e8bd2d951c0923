package proposal_test

import (
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/proposal"
)

// A department learns how it was rated after closing, by no way before.
func TestRatingIsHiddenFromDepartments(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.FeedbackOpen)
		check(t, w.Proposals.Rate(w.As("余知秋"), p.ID, apptest.Rating("satisfied")))
		seen := func(who string) (page, list string) {
			c, err := w.Proposals.Get(w.As(who), p.ID)
			check(t, err)
			l, err := w.Proposals.List(w.As(who), proposal.Filter{})
			check(t, err)
			if len(l.Items) != 1 {
				t.Fatalf("%s sees %d cases", who, len(l.Items))
			}
			return c.Satisfaction, l.Items[0].Satisfaction
		}
		for who, want := range map[string]string{"水清源": "", "汪签远": "", "柳文书": "satisfied"} {
			if page, list := seen(who); page != want || list != want {
				t.Errorf("%s sees %q and %q before closing, want %q", who, page, list, want)
			}
		}
		c, err := w.Proposals.Get(w.As("柳文书"), p.ID)
		check(t, err)
		_, err = w.Proposals.Do(w.As("柳文书"), p.ID, c.Version, "close", proposal.Input{})
		check(t, err)
		if page, list := seen("水清源"); page != "satisfied" || list != "satisfied" {
			t.Errorf("the department sees %q and %q after closing", page, list)
		}
	})
}
