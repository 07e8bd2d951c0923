package demo

import (
	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/proposal"
	"shangliang/internal/publish"
)

// opened is how many cases of 2018 each place publishes: a share that leaves the
// office something to prepare.
const opened = 36

// releasedFigures are those that a place makes public of 2018.
var releasedFigures = []string{"proposal.submitted", "proposal.filed", "proposal.replied", "proposal.reply_rate", "proposal.progress_rate", "proposal.kept_rate"}

// planPublication plans what the public reads: a share of 2018 with its figures,
// what readers said of it, and what waits on the office's desk now.
func (p *Play) planPublication(h *house, last calendar.Date) {
	at := func(day calendar.Date, f func(*db.Tx) error) { p.other[day] = append(p.other[day], f) }
	if !p.onlyNow {
		at("2018-12-14", func(tx *db.Tx) error { return p.publish(tx, h, 2018, opened) })
		at("2018-12-17", func(tx *db.Tx) error {
			if err := p.Publish.ReleaseFigures(actor.With(tx.Context(), h.chair), 2018, releasedFigures); err != nil {
				return err
			}
			return p.discuss(tx, h)
		})
	}
	at(last, func(tx *db.Tx) error { return p.onDesk(tx, h, last.Year()) })
}

// publish makes the answered cases of a year public, at most so many, each
// prepared by the clerk and decided by the chair.
func (p *Play) publish(tx *db.Tx, h *house, year, most int) error {
	ids, err := proposal.Answered(tx, h.id, year)
	if err != nil {
		return err
	}
	cases, err := proposal.Some(tx, h.id, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if most == 0 {
			break
		}
		if cases[id].OpenChoice == "closed" {
			continue
		}
		d, err := p.Publish.ProposeAsPlanned(actor.With(tx.Context(), h.clerk), id)
		if err != nil {
			return err
		}
		if _, err = p.Publish.Do(actor.With(tx.Context(), h.chair), id, d.Version, "publish", publish.Input{}); err != nil {
			return err
		}
		most--
	}
	return nil
}

// said is what readers write, and what becomes of it.
var said = []struct{ name, text, refused, answer string }{
	{"老街坊", "这件事说到我们心里去了，希望落实的时候多听听沿街住户的意见。", "", "谢谢您的建议。下一步实施前会在社区公示方案，并上门听取意见。"},
	{"", "去年也提过类似的问题，答复写得很具体，请把进度也定期公布。", "", ""},
	{"路过的", "加我们的群领优惠，名额有限。", "与提案无关的广告", ""},
}

// discuss lets readers comment on what was published last, the office judge and
// the department answer.
func (p *Play) discuss(tx *db.Tx, h *house) error {
	site, err := p.Publish.Public().Site(tx.Context(), h.prefix)
	if err != nil {
		return err
	}
	list, err := p.Publish.Public().Cases(tx.Context(), site, publish.OpenFilter{Limit: len(said)})
	if err != nil {
		return err
	}
	for i, c := range list.Cases {
		x := said[i]
		if err := p.Publish.Comment(tx.Context(), site, c.Code, publish.Reader{Name: x.name, Text: x.text, Device: x.text}); err != nil {
			return err
		}
		waiting, _, err := p.Publish.Comments(actor.With(tx.Context(), h.clerk), publish.Waiting, "")
		if err != nil {
			return err
		}
		for _, w := range waiting {
			if err := p.Publish.Judge(actor.With(tx.Context(), h.clerk), w.ID, w.Version, x.refused == "", x.refused); err != nil {
				return err
			}
			if x.answer != "" {
				if err := p.Publish.AnswerComment(actor.With(tx.Context(), h.unitOf[c.Replies[0].Unit].officer), w.ID, x.answer); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// onDesk leaves something at every stage: some of the year wait to be decided,
// one is being prepared, and a reader's word waits to be judged.
func (p *Play) onDesk(tx *db.Tx, h *house, year int) error {
	ids, err := proposal.Answered(tx, h.id, year)
	if err != nil {
		return err
	}
	cases, err := proposal.Some(tx, h.id, ids)
	if err != nil {
		return err
	}
	clerk := actor.With(tx.Context(), h.clerk)
	n := 0
	for _, id := range ids {
		if cases[id].OpenChoice == "closed" || n == 4 {
			continue
		}
		if n++; n == 1 {
			_, err = p.Publish.Start(clerk, id)
		} else {
			_, err = p.Publish.ProposeAsPlanned(clerk, id)
		}
		if err != nil {
			return err
		}
	}
	if p.onlyNow {
		return nil
	}
	site, err := p.Publish.Public().Site(tx.Context(), h.prefix)
	if err != nil {
		return err
	}
	list, err := p.Publish.Public().Cases(tx.Context(), site, publish.OpenFilter{Limit: 4})
	if err != nil || len(list.Cases) == 0 {
		return err
	}
	return p.Publish.Comment(tx.Context(), site, list.Cases[len(list.Cases)-1].Code,
		publish.Reader{Name: "热心居民", Text: "请问这项工作今年还会继续吗？我们小区也有同样的情况。", Contact: "可在居委会找到我", Device: "now"})
}
