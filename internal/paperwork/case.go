package paperwork

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/org"
	"shangliang/internal/paper"
	"shangliang/internal/proposal"
)

// Paper is a document that there is of a case for who asks.
type Paper struct {
	Key   string // in addresses: "form", "reply-<id>"
	Kind  string
	Title string // 提案表
	Of    string // whose it is, where there are several: a department, a person
	Draft bool   // not signed yet
}

// view is a case as somebody sees it, with what documents need besides.
type view struct {
	*proposal.Case
	a       actor.Actor
	tenant  *org.Tenant
	lead    *org.Person       // nil if there is none
	leadOf  map[string]string // names of the lead's bodies by their kinds
	bodies  map[string]*org.Body
	offices []*org.Body // that send proposals to departments
}

// drawing is one document of a view.
type drawing struct {
	Paper
	draw func() *paper.Document
}

// Papers lists the documents of a case for the actor; NotFound if the case is
// out of their reach.
func (s *Service) Papers(ctx context.Context, id string) (c *proposal.Case, all []Paper, err error) {
	v, err := s.view(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range v.drawings() {
		all = append(all, d.Paper)
	}
	return v.Case, all, nil
}

// Draw draws one of the documents that Papers lists and names its file, without
// extension. What is not listed for the actor is NotFound.
func (s *Service) Draw(ctx context.Context, id, key string) (d *paper.Document, name string, err error) {
	v, err := s.view(ctx, id)
	if err != nil {
		return nil, "", err
	}
	for _, x := range v.drawings() {
		if x.Key == key {
			return x.draw(), x.Title + "（" + cmp.Or(v.number(), v.Title) + "）" + x.Of, nil
		}
	}
	return nil, "", errs.Missing()
}

func (s *Service) view(ctx context.Context, id string) (*view, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	c, err := s.proposals.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	v := &view{Case: c, a: a, leadOf: map[string]string{}, bodies: map[string]*org.Body{}}
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		if v.tenant, err = org.TenantOf(tx, a.Tenant); err != nil {
			return err
		}
		bodies, err := org.Bodies(tx, a.Tenant, "")
		if err != nil {
			return err
		}
		for _, b := range bodies {
			v.bodies[b.ID] = b
			if b.Kind == "dispatch_office" && b.Active {
				v.offices = append(v.offices, b)
			}
		}
		if c.Lead == "" {
			return nil
		}
		if v.lead, err = org.PersonOf(tx, a.Tenant, c.Lead); errs.Is(err, errs.NotFound) {
			v.lead, err = nil, nil
		}
		if err != nil {
			return err
		}
		memberships, err := org.MembershipsOn(tx, a.Tenant, c.Lead, org.Today(tx))
		for _, m := range memberships {
			if b := v.bodies[m.Body]; b != nil {
				v.leadOf[b.Kind] = b.Name
			}
		}
		return err
	})
	return v, err
}

// unit reports whether the actor acts for a department.
func (v *view) unit() bool { return v.a.Body != "" && v.a.Can("assignment.handle") }

// office reports whether the actor works on proposals for the conference.
func (v *view) office() bool {
	return v.a.Can("proposal.read_all") || v.a.Can("proposal.read_filed")
}

// drawings are the documents that there are for the actor, in the order of the
// work.
func (v *view) drawings() []drawing {
	all := []drawing{{Paper{Key: "form", Kind: "form", Title: "提案表"}, v.form}}
	if len(v.Assignments) > 0 && (v.office() || v.unit()) {
		all = append(all, drawing{Paper{Key: "handling", Kind: "handling", Title: "提案办理单"}, v.handling})
	}
	answered := false
	for _, r := range v.Replies {
		as, err := v.Assignment(r.Assignment)
		if err != nil {
			continue
		}
		p := Paper{Key: "reply-" + r.ID, Kind: "reply", Title: "提案答复", Of: v.bodyName(as.Unit), Draft: r.State == "draft"}
		if r.Kind == "opinion" {
			p.Title = "会办意见"
		} else if r.State == "delivered" {
			answered = true
		}
		if v.Round > 1 {
			p.Of += roundOf(r)
		}
		all = append(all, drawing{p, func() *paper.Document { return v.reply(r, as) }})
	}
	if answered {
		all = append(all, drawing{Paper{Key: "feedback", Kind: "feedback", Title: "办理情况征询意见表"}, func() *paper.Document { return v.feedback(nil) }})
	}
	for _, f := range v.Feedback {
		if f.Current && f.Round == v.Round {
			all = append(all, drawing{Paper{Key: "feedback-" + f.ID, Kind: "feedback", Title: "办理情况征询意见表", Of: v.Names[f.Person]}, func() *paper.Document { return v.feedback(f) }})
		}
	}
	return all
}

// code is the label of a code in the rules of the case.
func (v *view) code(set, key string) string {
	if key == "" {
		return ""
	}
	if c, ok := v.Rules.Code(set, key); ok {
		return c.Label
	}
	return key
}

// cosigners are the names of those who co-sign, all of them before submission.
func (v *view) cosigners() (names []string) {
	for _, p := range v.Parties {
		if p.Role == "cosigner" && (p.State == "confirmed" || v.SerialNo == 0 && (p.State == "invited" || p.State == "chosen")) {
			names = append(names, v.Names[p.Person])
		}
	}
	return names
}

// proposers names who the proposal is by.
func (v *view) proposers() string {
	if v.Kind == proposal.Collective && v.Body != "" {
		return v.bodyName(v.Body)
	}
	return strings.Join(append([]string{v.Names[v.Lead]}, v.cosigners()...), "、")
}

// visibleContacts are the records of talks: a department's document holds its
// own.
func (v *view) visibleContacts() []*proposal.Contact {
	own := map[string]bool{}
	for _, as := range v.Assignments {
		own[as.ID] = !v.unit() || as.Unit == v.a.Body
	}
	return slices.DeleteFunc(slices.Clone(v.Contacts), func(c *proposal.Contact) bool { return !own[c.Assignment] })
}
