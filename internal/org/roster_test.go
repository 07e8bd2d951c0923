package org_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/org/orgtest"
)

// sheet is a csv file as read.
func sheet(t *testing.T, csv string) *document.Table {
	t.Helper()
	b := []byte(csv)
	table, err := document.Open("名册.csv", bytes.NewReader(b), int64(len(b)), document.Defaults())
	ok(t, err)
	return table
}

const good = `姓名,性别,出生年月,委员证号,委员类别,界别,党派,专委会,委员小组,工作单位及职务,手机,备注
𠮷田明,女,1970.05,A-001,常委,经济,中共党员,提案委、经济委,,青山县一中校长,13800000001,x
王一,男,1980,A-002,委员,经济界,民盟,提案委员会,,教师,138 0000 0002,
王一,男,,A-003,,农业界,群众,,,农民,13800000003,
李二,,,A-004,委员,农业,,,,,,
`

func TestRosterImport(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, _ *clock) {
		clerk := w.Person("文员", "clerk", "")
		options := org.ImportOptions{Accounts: true}
		p, err := w.Org.PreviewRoster(clerk, sheet(t, good), options)
		ok(t, err)
		if p.New != 4 || p.Bad != 0 || len(p.Unknown) != 0 || len(p.Ignored) != 1 || p.Term.Name != "九届" {
			for _, r := range p.Rows {
				t.Logf("%d %v", r.Line, r.Problems)
			}
			t.Fatalf("%+v", p)
		}
		if list, _, _ := w.Org.People(w.Admin, org.PeopleFilter{Seat: org.Member}); len(list) != 0 {
			t.Fatal("a preview changed something")
		}
		keyed := actor.WithRequest(clerk, actor.Request{Key: "import-1", Hash: "h"})
		out, err := w.Org.ImportRoster(keyed, sheet(t, good), options)
		ok(t, err)
		if out.People != 4 || len(out.Passwords) != 4 || out.Passwords[0].Login != "a-001" || out.Passwords[0].Name != "𠮷田明" || out.Bodies != 0 {
			t.Errorf("%+v", out)
		}
		_, err = w.Org.ImportRoster(keyed, sheet(t, good), options)
		want(t, err, errs.Conflict, "只显示一次")
		// The one-time password signs in; what was read stands in the roster.
		in, err := try(w, "A-001", out.Passwords[0].Password)
		if err != nil || in.Next != org.NextPassword {
			t.Errorf("%+v %v", in, err)
		}
		list, _, err := w.Org.People(clerk, org.PeopleFilter{Seat: org.StandingMember})
		ok(t, err)
		if len(list) != 1 {
			t.Fatalf("%v", list)
		}
		v := list[0]
		if v.Name != "𠮷田明" || v.Sex != "f" || v.BirthYear != 1970 || v.Phone != "13800000001" || v.Post != "青山县一中校长" ||
			v.Dims.Sector != w.BodyNamed("sector", "经济界") || v.Dims.Party != w.BodyNamed("party", "中国共产党") || v.Dims.Committee != w.BodyNamed("committee", "经济委员会") {
			t.Errorf("%+v", v)
		}
		// Again: everybody is there already.
		again, err := w.Org.ImportRoster(clerk, sheet(t, good), options)
		if err != nil || again.People != 0 || again.Existing != 4 || len(again.Passwords) != 0 {
			t.Errorf("%+v %v", again, err)
		}
	})
}

func TestRosterMarksEveryBadCell(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, _ *clock) {
		out, err := w.Org.ImportRoster(w.Admin, sheet(t, good), org.ImportOptions{})
		if err != nil || out.People != 4 || out.Passwords != nil {
			t.Fatalf("%+v %v", out, err)
		}
		bad := strings.Join([]string{
			"姓名,性别,出生年份,委员证号,委员类别,界别,党派,专门委员会,手机,邮箱,邮编",
			"好人,男,1970,B-001,委员,经济界,,,13900000001,ok@example.com,321000",
			",男,,B-002,,,,,,,",                          // 3 name
			"甲,男女,,B-003,,,,,,,",                        // 4 sex
			"乙,,昨天,B-004,,,,,,,",                        // 5 birth_year
			"丙,,,A-001,,,,,,,",                          // 6 member_no: 𠮷田明's
			"丁,,,B-001,,,,,,,",                          // 7 member_no: as in line 2
			"戊,,,B-005,主席,,,,,,",                        // 8 seat
			"己,,,B-006,,航天界,,,,,",                       // 9 sector unknown
			"庚,,,B-007,,经济界、农业界,,,,,",                   // 10 two sectors
			"辛,,,B-008,,,,,电话不详,nobody,12",              // 11 phone, email, postcode
			"王一,,,,,,,,,,",                              // 12 name: which one?
			"好人,男,,B-001,,,,,13900000001,,",             // 13 member_no: line 2 again
			"=cmd|' /C calc'!A0,,,B-009,,,,,,,",         // 14 good: text is text
			"<script>alert(1)</script>,,,B-010,,,,,,,",  // 15 good likewise
			"王一,,,A-002,,,,,,,",                         // 16 there already
			strings.Repeat("长", 41) + ",,,B-011,,,,,,,", // 17 name
		}, "\n")
		p, err := w.Org.PreviewRoster(w.Admin, sheet(t, bad), org.ImportOptions{})
		ok(t, err)
		got := map[int]string{}
		for _, r := range p.Rows {
			for _, v := range r.Problems {
				got[r.Line] += v.Column + " "
				if v.Msg == "" || v.Title == "" {
					t.Errorf("line %d: %+v", r.Line, v)
				}
			}
			if (r.Existing != "") != (r.Line == 16) {
				t.Errorf("line %d: existing %q", r.Line, r.Existing)
			}
		}
		expected := map[int]string{3: "name ", 4: "sex ", 5: "birth_year ", 6: "member_no ", 7: "member_no ", 8: "seat ", 9: "sector ", 10: "sector ",
			11: "phone email postcode ", 12: "name ", 13: "member_no ", 17: "name "}
		if fmt.Sprint(got) != fmt.Sprint(expected) {
			t.Errorf("got  %v\nwant %v", got, expected)
		}
		if p.New != 3 || p.Existing != 1 || p.Bad != 12 || len(p.Unknown) != 1 || p.Unknown[0].Name != "航天界" {
			t.Errorf("%d new, %d existing, %d bad, unknown %v", p.New, p.Existing, p.Bad, p.Unknown)
		}
		_, err = w.Org.ImportRoster(w.Admin, sheet(t, bad), org.ImportOptions{Create: true})
		want(t, err, errs.Invalid, "有11行需要改正，没有导入任何内容")
		if list, _, _ := w.Org.People(w.Admin, org.PeopleFilter{Text: "好人"}); len(list) != 0 {
			t.Error("something was imported all the same")
		}
		out, err = w.Org.ImportRoster(w.Admin, sheet(t, bad), org.ImportOptions{Create: true, GoodOnly: true, Accounts: true})
		if err != nil || out.People != 4 || out.Bad != 11 || out.Existing != 1 || out.Bodies != 1 || len(out.Passwords) != 4 {
			t.Errorf("%+v %v", out, err)
		}
		list, _, err := w.Org.People(w.Admin, org.PeopleFilter{Body: w.BodyNamed("sector", "航天界")})
		if err != nil || len(list) != 1 || list[0].Name != "己" {
			t.Errorf("%v %v", list, err)
		}
	})
}

func TestRosterInGBKAndWithoutNames(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, _ *clock) {
		gbk, err := simplifiedchinese.GBK.NewEncoder().String("姓名,界别\n张三丰,农业界\n")
		ok(t, err)
		out, err := w.Org.ImportRoster(w.Admin, sheet(t, gbk), org.ImportOptions{})
		if err != nil || out.People != 1 {
			t.Errorf("%+v %v", out, err)
		}
		if p, err := w.Org.PreviewRoster(w.Admin, sheet(t, "性别,界别\n男,农业界\n"), org.ImportOptions{}); err == nil && p.Bad == 0 {
			t.Errorf("a file without names passes: %+v", p)
		}
		if out, err := w.Org.ImportRoster(w.Admin, sheet(t, "性别,界别\n男,农业界\n"), org.ImportOptions{GoodOnly: true}); err == nil && out.People > 0 {
			t.Errorf("a file without names was imported: %+v", out)
		}
		_, err = w.Org.ImportRoster(w.Person("委员甲", org.Member, ""), sheet(t, good), org.ImportOptions{})
		want(t, err, errs.Forbidden, "")
	})
}

// Whatever was done, the ledger's row digests hold; what is changed behind its
// back does not.
func TestLedgerKnowsEveryRow(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, _ *clock) {
		ctx := context.Background()
		_, err := w.Org.ImportRoster(w.Admin, sheet(t, good), org.ImportOptions{Accounts: true})
		ok(t, err)
		list, _, err := w.Org.People(w.Admin, org.PeopleFilter{Seat: org.Member})
		ok(t, err)
		p := list[1].Person
		p.Post = "书记"
		_, err = w.Org.SavePerson(w.Admin, p)
		ok(t, err)
		ok(t, w.Org.Leave(w.Admin, p.ID, p.Version+1, "2026-03-01"))
		one := account(t, w, "甲", "jia", org.Grant{Role: "clerk"})
		w.SignIn("jia", one.Password)
		ok(t, w.Org.SaveDay(w.Admin, calendar.Day{Date: "2026-03-02", Kind: calendar.Holiday, Name: "县庆"}))
		ok(t, w.Org.DropDay(w.Admin, "2026-03-02"))
		dir := t.TempDir()
		key, err := ledger.LoadKey(dir)
		ok(t, err)
		_, err = ledger.Seal(ctx, w.DB, key)
		ok(t, err)
		verify := func() *ledger.Report {
			r, err := ledger.Verify(ctx, w.DB, ledger.Proof{Keys: []string{key.Verifier()}})
			ok(t, err)
			return r
		}
		if r := verify(); !r.OK() || r.Rows < 80 {
			t.Errorf("%d rows: %v", r.Rows, r.Lines(ctx))
		}
		for i, tamper := range []string{
			`UPDATE seat SET to_on = '' WHERE person = $1`,
			`UPDATE person_past SET post = '' WHERE id = $1 AND version = 1`,
			`UPDATE grant_role SET role = 'admin' WHERE person = $1`,
		} {
			ok(t, w.DB.Write(ctx, func(tx *db.Tx) error {
				n, err := tx.Exec(tamper, p.ID)
				if n != 1 {
					t.Errorf("%d rows", n)
				}
				return err
			}))
			if r := verify(); len(r.Findings) != i+1 {
				t.Errorf("%s: %v", tamper, r.Lines(ctx))
			}
		}
	})
}

// Other people's writes wait for an import, so it has to be short.
func TestRosterOfHundreds(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, _ *clock) {
		var b strings.Builder
		b.WriteString("姓名,委员证号,界别,党派,手机\n")
		for i := range 300 {
			fmt.Fprintf(&b, "委员%d,C-%05d,经济界,民盟,138%08d\n", i, i, i)
		}
		start := time.Now()
		out, err := w.Org.ImportRoster(w.Admin, sheet(t, b.String()), org.ImportOptions{Accounts: true})
		if err != nil || out.People != 300 || len(out.Passwords) != 300 {
			t.Fatalf("%v", err)
		}
		took := time.Since(start)
		t.Logf("300 people in %v", took)
		ok(t, w.DB.Read(context.Background(), func(tx *db.Tx) error {
			start := time.Now()
			seated, err := org.SeatedOn(tx, w.Tenant, "2026-03-02")
			if err != nil || len(seated) != 300 {
				t.Errorf("%d seated, %v", len(seated), err)
			}
			a, err := org.AffiliationsOf(tx, w.Tenant, nil)
			if d := a.On(seated[7], "2026-03-02"); d.Sector == "" || d.Party == "" {
				t.Errorf("%+v", d)
			}
			t.Logf("affiliations of all in %v", time.Since(start))
			return err
		}))
	})
}
