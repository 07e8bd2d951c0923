package paperwork

import (
	"strconv"
	"strings"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/proposal"
)

// What documents are put together from, in the words of documents.

// bodyName is the full name of a body, as documents give it.
func (v *view) bodyName(id string) string {
	if b := v.bodies[id]; b != nil {
		return b.Name
	}
	return v.Names[id]
}

// number is how people call the case: by its case number, before filing by its
// serial number.
func (v *view) number() string {
	switch {
	case v.CaseNo > 0:
		return "第" + strconv.Itoa(v.CaseNo) + "号"
	case v.SerialNo > 0:
		return "收件" + strconv.Itoa(v.SerialNo)
	}
	return ""
}

// meeting is the session as titles give it: 九届五次会议.
func (v *view) meeting() string {
	if v.Session == nil {
		return ""
	}
	return strings.TrimSuffix(v.Session.Title, "会议") + "会议"
}

// units are the departments of the newest round with their roles.
func (v *view) units() string {
	var all []string
	for _, as := range v.Current() {
		all = append(all, unitRoles[as.Role]+"："+v.bodyName(as.Unit))
	}
	return strings.Join(all, "；")
}

// day writes a date as documents do; none is nothing.
func day(d calendar.Date) string {
	if d == "" {
		return ""
	}
	t := d.Time()
	return strconv.Itoa(t.Year()) + "年" + strconv.Itoa(int(t.Month())) + "月" + strconv.Itoa(t.Day()) + "日"
}

// at is the day of an instant.
func at(t db.Time) string {
	if t.IsZero() {
		return ""
	}
	return day(calendar.On(t.Time))
}

// roundOf names the round of a reply where there were several.
func roundOf(r *proposal.Reply) string { return "（第" + strconv.Itoa(r.Round) + "轮）" }
