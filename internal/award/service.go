package award

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

// Service is the only door to awards. It is safe for concurrent use.
type Service struct {
	db        *db.DB
	rules     *rule.Rules
	notices   *notify.Notifier
	proposals *proposal.Service
}

// New makes the service.
func New(d *db.DB, rules *rule.Rules, notices *notify.Notifier, proposals *proposal.Service) *Service {
	return &Service{db: d, rules: rules, notices: notices, proposals: proposals}
}

func find(tx *db.Tx, a actor.Actor, id string) (*Award, error) {
	return db.One(tx, (*Award).fields, `SELECT `+columns+` FROM award w WHERE w.tenant = $1 AND w.id = $2`, a.Tenant, id)
}

// begin finds an award for an act on it; done says that this very request was
// done before.
func begin(tx *db.Tx, a actor.Actor, id string) (w *Award, done bool, err error) {
	if w, err = find(tx, a, id); err != nil {
		return nil, false, err
	}
	done, err = ledger.Repeated(tx, id)
	return w, done, err
}

func update(tx *db.Tx, w *Award) error {
	return db.Touch(tx.Exec(`UPDATE award SET state = $4, round = $5, due = $6, issued = $7, cast_ = $8, void_reason = $9, decision = $10, counted_at = $11, published_at = $12, version = version + 1
		WHERE tenant = $1 AND id = $2 AND version = $3`, w.Tenant, w.ID, w.Version, w.State, w.Round, w.Due, w.Issued, w.Cast, w.VoidReason, w.Decision, w.CountedAt, w.PublishedAt))
}

// Call begins an award for the proposals of a year: nominations are open until a
// day. Wants award.manage.
func (s *Service) Call(ctx context.Context, title string, year, places int, until calendar.Date) (id string, err error) {
	a, err := actor.Require(ctx, "award.manage")
	if err != nil {
		return "", err
	}
	title = han.Tidy(title)
	var f errs.Fields
	f.Check(title != "" && len([]rune(title)) <= 100, "title", "请填写名称，不超过 %d 个字", 100)
	f.Check(places >= 1 && places <= 200, "places", "应在 %d 到 %d 之间", 1, 200)
	day, wrong := calendar.ParseDate(string(until))
	f.Check(wrong == nil && day != "", "nominate_until", "请填写日期")
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		f := slices.Clone(f)
		object, done, err := ledger.Replayed(tx)
		if err != nil || done {
			id = object
			return err
		}
		f.Check(day == "" || day >= org.Today(tx), "nominate_until", "提名截止日不能早于今天")
		sessions, err := org.Sessions(tx, a.Tenant)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(sessions, func(x *org.Session) bool { return x.Year == year })
		f.Check(i >= 0, "year", "%d年没有会议", year)
		if err := f.Err(); err != nil {
			return err
		}
		v, err := s.rules.Now(tx, a.Tenant)
		if err != nil {
			return err
		}
		w := &Award{Tenant: a.Tenant, ID: db.NewID(), Session: sessions[i].ID, Year: year, Title: title, NominateUntil: day, Places: places, State: Nominating, Rules: v.N, Person: a.Person, CreatedAt: db.At(tx.Now()), Version: 1}
		if _, err := tx.Exec(`INSERT INTO award (tenant, id, session, year, title, nominate_until, places, state, rule_version, person, created_at, version) VALUES (`+db.Marks(12)+`)`,
			w.Tenant, w.ID, w.Session, w.Year, w.Title, w.NominateUntil, w.Places, w.State, w.Rules, w.Person, w.CreatedAt, w.Version); err != nil {
			return err
		}
		id = w.ID
		var to []string
		for _, role := range []string{"member", "collective", "reviewer", "review_chair", "unit_leader"} {
			ids, err := org.PeopleWith(tx, a.Tenant, role, "")
			if err != nil {
				return err
			}
			to = append(to, ids...)
		}
		if err := s.tell(tx, a, "award.call", w, notify.As(notify.Nominator, to...), notify.Params{"title": title, "until": day}); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "award.call", Kind: "award", Object: id, To: Nominating, Data: map[string]any{"year": year, "places": places}, Rows: []ledger.Row{w.row()}})
	})
	return id, err
}

func (s *Service) tell(tx *db.Tx, a actor.Actor, kind string, w *Award, to []notify.Told, params notify.Params) error {
	if to = notify.Others(to, a.Person); len(to) == 0 {
		return nil
	}
	return s.notices.Send(tx, notify.Notice{Tenant: w.Tenant, To: to, Kind: kind, Link: "/awards/" + w.ID, Object: "award", ObjectID: w.ID, Params: params})
}

// nominatorOf is as whom a role nominates.
func nominatorOf(a actor.Actor) string {
	switch {
	case a.Can("assignment.handle"):
		return "unit"
	case a.Role == "member" || a.Role == "collective":
		return "member"
	}
	return "office"
}

// Nominate puts a proposal forward that the actor can see: one of the year that
// was closed. Wants award.nominate.
func (s *Service) Nominate(ctx context.Context, id, proposalID, reason string) error {
	a, err := actor.Require(ctx, "award.nominate")
	if err != nil {
		return err
	}
	reason = han.Tidy(reason)
	var f errs.Fields
	f.Check(reason != "" && len([]rune(reason)) <= 500, "reason", "请写明提名理由，不超过 %d 个字", 500)
	f.Check(proposalID != "", "proposal", "请选择提案")
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := begin(tx, a, id)
		if err != nil || done {
			return err
		}
		if w.State != Nominating || org.Today(tx) > w.NominateUntil {
			return errs.New(errs.Conflict, "现在不接受提名")
		}
		c, err := s.proposals.Get(tx.Context(), proposalID) // within the actor's reach
		if err != nil {
			return err
		}
		if !eligible(c.Proposal, w.Year) {
			return errs.New(errs.Conflict, "只能提名%d年办结的提案", w.Year)
		}
		n, err := tx.Exec(`INSERT INTO award_nomination (tenant, award, proposal, person, kind, body, reason, at) VALUES (`+db.Marks(8)+`) ON CONFLICT (tenant, award, proposal, person) DO NOTHING`,
			w.Tenant, id, proposalID, a.Person, nominatorOf(a), a.Body, reason, db.At(tx.Now()))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.Conflict, "您已经提名过这件提案")
		}
		x := &Candidate{Tenant: w.Tenant, Award: id, Proposal: proposalID}
		if _, err := tx.Exec(`INSERT INTO award_candidate (tenant, award, proposal) VALUES ($1, $2, $3) ON CONFLICT (tenant, award, proposal) DO NOTHING`, x.Tenant, x.Award, x.Proposal); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "award.nominate", Kind: "award", Object: id, Note: reason, Data: map[string]any{"proposal": proposalID},
			Rows: []ledger.Row{x.row(), ledger.RowOf("award_nomination", "tenant", w.Tenant, "award", id, "proposal", proposalID, "person", a.Person)}})
	})
}

func eligible(p *proposal.Proposal, year int) bool {
	return p.Year == year && (p.State == proposal.Closed || p.State == proposal.FollowingUp || p.State == proposal.Archived)
}

// Choose puts nominated proposals on the shortlist, and takes all others off.
// Wants award.manage, between nominations and voting.
func (s *Service) Choose(ctx context.Context, id string, version int, proposals []string) error {
	a, err := actor.Require(ctx, "award.manage")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := begin(tx, a, id)
		if err != nil || done {
			return err
		}
		if w.State != Shortlist {
			return errs.New(errs.Conflict, "提名结束后、投票前可以确定入围名单")
		}
		all, err := candidates(tx, w)
		if err != nil {
			return err
		}
		rows := []ledger.Row{w.row()}
		for _, c := range all {
			if _, err := tx.Exec(`UPDATE award_candidate SET shortlisted = $4 WHERE tenant = $1 AND award = $2 AND proposal = $3`, c.Tenant, c.Award, c.Proposal, slices.Contains(proposals, c.Proposal)); err != nil {
				return err
			}
			rows = append(rows, c.row())
		}
		w.Version = version
		if err := update(tx, w); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "award.choose", Kind: "award", Object: id, Data: map[string]any{"shortlisted": len(proposals)}, Rows: rows})
	})
}

// Electorates are who may vote: all members, the standing members, or the people
// of a body, by its id.
const (
	AllMembers      = "members"
	StandingMembers = "standing"
)

// Input is what a step takes.
type Input struct {
	Voters   string // open: an electorate, or the id of a body
	Paper    Paper  // count
	Decision string // publish: by which it is published
}

// Do takes a step of an award. Counting a vote to which no more than half came, or
// from which more ballots came back than were given out, makes it void, to be done
// again. Errors as of proposal.Service.Do.
func (s *Service) Do(ctx context.Context, id string, version int, action string, in Input) (*Award, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	in.Decision = han.Tidy(in.Decision)
	var w *Award
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		var done bool
		if w, done, err = begin(tx, a, id); err != nil || done {
			return err
		}
		step, err := Flow.Find(w.State, action)
		if err != nil {
			return err
		}
		if !a.Can(step.Permission) {
			return actor.Denied
		}
		if version != w.Version {
			return db.Stale()
		}
		from := w.State
		w.State = step.To
		rows, err := s.effect(tx, a, w, action, in)
		if err != nil {
			return err
		}
		if err := update(tx, w); err != nil {
			return err
		}
		w.Version++
		return ledger.Append(tx, ledger.Entry{Action: "award." + action, Kind: "award", Object: id, From: from, To: w.State, Note: in.Decision, Rows: append(rows, w.row())})
	})
	return w, err
}

func (s *Service) effect(tx *db.Tx, a actor.Actor, w *Award, action string, in Input) ([]ledger.Row, error) {
	switch action {
	case "open":
		return s.openVote(tx, a, w, in.Voters)
	case "count":
		return s.count(tx, w, in.Paper)
	case "publish":
		var f errs.Fields
		f.Check(in.Decision != "" && len([]rune(in.Decision)) <= 500, "decision", "请写明公布的依据，例如“主席会议第3次会议审议通过”")
		if err := f.Err(); err != nil {
			return nil, err
		}
		w.Decision, w.PublishedAt = in.Decision, db.At(tx.Now())
		all, err := candidates(tx, w)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			if !c.Won {
				continue
			}
			p, err := proposal.Of(tx, w.Tenant, c.Proposal)
			if err != nil {
				return nil, err
			}
			if err := s.tell(tx, a, "award.publish", w, notify.As(notify.Proposer, p.Lead), notify.Params{"proposal": p.Title}); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// openVote draws up the list of voters and an empty urn for a new round.
func (s *Service) openVote(tx *db.Tx, a actor.Actor, w *Award, voters string) (rows []ledger.Row, err error) {
	all, err := candidates(tx, w)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(all, func(c *Candidate) bool { return c.Shortlisted }) {
		return nil, errs.New(errs.Conflict, "还没有入围的提案")
	}
	people, err := electorate(tx, w.Tenant, voters)
	if err != nil {
		return nil, err
	}
	w.Round++
	w.Due, w.Issued, w.Cast, w.VoidReason = len(people), 0, 0, ""
	for _, id := range people {
		if _, err := tx.Exec(`INSERT INTO award_voter (tenant, award, round, person, voted) VALUES ($1, $2, $3, $4, FALSE)`, w.Tenant, w.ID, w.Round, id); err != nil {
			return nil, err
		}
		rows = append(rows, voterRow(w, id))
	}
	if _, err := tx.Exec(`INSERT INTO award_urn (tenant, award, round, ballots) VALUES ($1, $2, $3, '')`, w.Tenant, w.ID, w.Round); err != nil {
		return nil, err
	}
	return rows, s.tell(tx, a, "award.open", w, notify.As(notify.Voter, people...), notify.Params{"title": w.Title, "places": w.Places})
}

func voterRow(w *Award, person string) ledger.Row {
	return ledger.RowOf("award_voter", "tenant", w.Tenant, "award", w.ID, "round", w.Round, "person", person)
}

func electorate(tx *db.Tx, tenant, voters string) (people []string, err error) {
	today := org.Today(tx)
	switch voters {
	case AllMembers:
		people, err = org.SeatedOn(tx, tenant, today)
	case StandingMembers:
		all, err := org.SeatedOn(tx, tenant, today)
		if err != nil {
			return nil, err
		}
		dims, err := org.DimsOn(tx, tenant, all, today)
		if err != nil {
			return nil, err
		}
		for _, id := range all {
			if dims[id].Seat == org.StandingMember {
				people = append(people, id)
			}
		}
	default:
		if _, missing := org.BodyOf(tx, tenant, voters); missing == nil {
			people, err = org.MembersOf(tx, tenant, voters, today)
		}
	}
	if err != nil {
		return nil, err
	}
	slices.Sort(people)
	people = slices.Compact(people)
	if len(people) == 0 {
		var f errs.Fields
		f.Add("voters", "投票人名单是空的，请另选")
		return nil, f.Err()
	}
	return people, nil
}

// Vote puts one ballot into the urn and ticks the voter off. It names at most as
// many of the shortlist as there are places; none is an abstention. The voter must
// have proved within the last minutes that it is them. Nobody can vote twice or
// take a ballot back: it is not known which is theirs.
func (s *Service) Vote(ctx context.Context, id string, proposals []string) error {
	a, err := actor.Require(ctx, "award.vote")
	if err != nil {
		return err
	}
	slices.Sort(proposals)
	proposals = slices.Compact(proposals)
	// The ledger keeps a hash of the request, and there are few enough ballots to
	// try them all: what is hashed must not hold the ballot.
	r := actor.RequestFrom(ctx)
	if r.Key != "" {
		r.Hash = "ballot"
	}
	ctx = actor.WithRequest(ctx, r)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := begin(tx, a, id)
		if err != nil || done {
			return err
		}
		if w.State != Voting {
			return errs.New(errs.Conflict, "现在不是投票的时候")
		}
		if err := org.RequireFresh(tx); err != nil {
			return err
		}
		if len(proposals) > w.Places {
			return errs.New(errs.Invalid, "最多选 %d 件", w.Places)
		}
		all, err := candidates(tx, w)
		if err != nil {
			return err
		}
		for _, p := range proposals {
			if !slices.ContainsFunc(all, func(c *Candidate) bool { return c.Shortlisted && c.Proposal == p }) {
				return errs.New(errs.Invalid, "只能选入围的提案")
			}
		}
		n, err := tx.Exec(`UPDATE award_voter SET voted = TRUE WHERE tenant = $1 AND award = $2 AND round = $3 AND person = $4 AND NOT voted`, w.Tenant, id, w.Round, a.Person)
		if err != nil {
			return err
		}
		if n == 0 {
			voted, err := db.Column[bool](tx, `SELECT voted FROM award_voter WHERE tenant = $1 AND award = $2 AND round = $3 AND person = $4`, w.Tenant, id, w.Round, a.Person)
			if err != nil {
				return err
			}
			if len(voted) == 0 {
				return errs.New(errs.Forbidden, "您不在投票人名单上")
			}
			return errs.New(errs.Conflict, "您已经投过票")
		}
		lines, err := urn(tx, w)
		if err != nil {
			return err
		}
		lines = append(lines, ballot(proposals))
		slices.Sort(lines)
		if _, err := tx.Exec(`UPDATE award_urn SET ballots = $4 WHERE tenant = $1 AND award = $2 AND round = $3`, w.Tenant, id, w.Round, strings.Join(lines, "\n")); err != nil {
			return err
		}
		// The urn is not named: the digest of a ballot beside the name of its voter
		// would give the vote away. Counting names it, when it no longer changes.
		return ledger.Append(tx, ledger.Entry{Action: "award.vote", Kind: "award", Object: id, Data: map[string]any{"round": w.Round}, Rows: []ledger.Row{voterRow(w, a.Person)}})
	})
}

// ballot is a ballot as a line; a blank one is an abstention.
func ballot(proposals []string) string {
	if len(proposals) == 0 {
		return "-"
	}
	return strings.Join(proposals, ",")
}

func urn(tx *db.Tx, w *Award) (lines []string, err error) {
	var text string
	if err := tx.Get(`SELECT ballots FROM award_urn WHERE tenant = $1 AND award = $2 AND round = $3`, []any{w.Tenant, w.ID, w.Round}, &text); err != nil {
		return nil, err
	}
	if text == "" {
		return nil, nil
	}
	return strings.Split(text, "\n"), nil
}

// count opens the urn, adds the paper ballots and says who won.
func (s *Service) count(tx *db.Tx, w *Award, paper Paper) (rows []ledger.Row, err error) {
	lines, err := urn(tx, w)
	if err != nil {
		return nil, err
	}
	all, err := candidates(tx, w)
	if err != nil {
		return nil, err
	}
	var f errs.Fields
	f.Check(paper.Issued >= 0 && paper.Issued <= w.Due-len(lines), "issued", "纸质票最多发出 %d 张：其余的人已在线投票", w.Due-len(lines))
	f.Check(paper.Collected >= 0, "collected", "应在 %d 到 %d 之间", 0, w.Due)
	short := func(id string) bool {
		return slices.ContainsFunc(all, func(c *Candidate) bool { return c.Shortlisted && c.Proposal == id })
	}
	for id, n := range paper.Votes {
		f.Check(short(id) && n >= 0 && n <= max(paper.Collected, 0), "votes-"+id, "得票不能多于收回的票数")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	w.Issued, w.Cast = len(lines)+paper.Issued, len(lines)+paper.Collected
	w.CountedAt = db.At(tx.Now())
	rows = append(rows, ledger.RowOf("award_urn", "tenant", w.Tenant, "award", w.ID, "round", w.Round))
	switch {
	case w.Cast > w.Issued:
		w.State, w.VoidReason = Void, Surplus
	case 2*w.Cast <= w.Due:
		w.State, w.VoidReason = Void, NoQuorum
	}
	for _, c := range all {
		c.Votes, c.Won = 0, false
		if w.State != Void {
			c.Votes = paper.Votes[c.Proposal]
			for _, line := range lines {
				if slices.Contains(strings.Split(line, ","), c.Proposal) {
					c.Votes++
				}
			}
		}
	}
	if w.State != Void {
		v, err := s.rules.Load(tx, w.Tenant, w.Rules)
		if err != nil {
			return nil, err
		}
		elect(all, w, v.Bool("award.majority"))
	}
	for _, c := range all {
		if _, err := tx.Exec(`UPDATE award_candidate SET votes = $4, won = $5 WHERE tenant = $1 AND award = $2 AND proposal = $3`, c.Tenant, c.Award, c.Proposal, c.Votes, c.Won); err != nil {
			return nil, err
		}
		rows = append(rows, c.row())
	}
	return rows, nil
}

// elect marks the winners: those of the shortlist with most votes, as many as
// there are places; a tie for the last place wins none of it. majority asks for
// more than half of the ballots.
func elect(all []*Candidate, w *Award, majority bool) {
	ranked := slices.DeleteFunc(slices.Clone(all), func(c *Candidate) bool {
		return !c.Shortlisted || c.Votes == 0 || majority && 2*c.Votes <= w.Cast
	})
	slices.SortStableFunc(ranked, func(a, b *Candidate) int { return cmp.Compare(b.Votes, a.Votes) })
	n := min(w.Places, len(ranked))
	for n > 0 && n < len(ranked) && ranked[n-1].Votes == ranked[n].Votes {
		n--
	}
	for _, c := range ranked[:n] {
		c.Won = true
	}
}

// Shares are what the winners, or as yet the shortlist, are of the year.
type Shares struct {
	Filed, Chosen, Collective int
	Most                      int // that the rules mean to allow
	Least                     int // percent of collective ones that the rules ask for
}

// TooMany reports whether more are chosen than the rules mean to allow.
func (s Shares) TooMany() bool { return s.Chosen > s.Most }

// TooFewCollective reports whether collective proposals are fewer than asked for.
func (s Shares) TooFewCollective() bool { return s.Chosen > 0 && 100*s.Collective < s.Least*s.Chosen }

func shares(tx *db.Tx, w *Award, v *rule.Version, all []*Candidate) (s Shares, err error) {
	if err := tx.Get(`SELECT COUNT(*) FROM proposal p WHERE p.tenant = $1 AND p.year = $2 AND p.case_no <> 0`, []any{w.Tenant, w.Year}, &s.Filed); err != nil {
		return s, err
	}
	s.Most = max(1, int(math.Ceil(float64(s.Filed*v.Int("award.share"))/100)))
	s.Least = v.Int("award.collective")
	counted := w.State == Counted || w.State == Published
	for _, c := range all {
		if counted && !c.Won || !counted && !c.Shortlisted {
			continue
		}
		s.Chosen++
		if c.Kind == proposal.Collective {
			s.Collective++
		}
	}
	return s, nil
}
