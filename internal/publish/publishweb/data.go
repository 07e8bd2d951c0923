package publishweb

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/publish"
	"shangliang/internal/web"
)

// column is a column of a data set: its name, which never changes, and what it
// holds, in Simplified Chinese.
type column struct{ name, says string }

// set is a data set: a line for each of something.
type set struct {
	name, title, says string
	columns           []column
	lines             func(c *publish.OpenCase, label func(string) string) [][]any
}

// sets are the data sets. A column is added at the end, never renamed or given
// another meaning.
var sets = []set{
	{"cases", "提案", "每件公开的提案一行", []column{
		{"id", "稳定编号，与网址一致"}, {"year", "所属会议的年度"}, {"case_no", "案号"}, {"session", "会议"}, {"title", "案由"}, {"kind", "individual 委员个人，joint 委员联名，collective 集体"},
		{"subject_code", "类别代码"}, {"subject", "类别"}, {"proposer", "提案人；空为不公开"}, {"filed_on", "立案日期"}, {"meaning", "办理结果的统一含义：resolved 已解决或采纳，in_progress 正在解决，planned 列入计划，reference 留作参考，infeasible 暂不可行；空为不公开"},
		{"outcome", "本级的结果分类"}, {"situation", "情况；隐去处写作〔理由〕"}, {"analysis", "分析"}, {"suggestions", "建议"}, {"edition", "公开副本的版次"}, {"sha256", "公开副本的摘要值"}, {"published_at", "第一次公开"}, {"updated_at", "最近一次更新"}},
		func(c *publish.OpenCase, label func(string) string) [][]any {
			part := map[string]string{}
			for _, p := range c.Parts {
				part[p.Key] = publish.Flat(p.Spans, label)
			}
			return [][]any{{c.Code, c.Year, c.CaseNo, c.Session, publish.Flat(c.Title, label), c.Kind, c.Subject, c.SubjectL, c.Proposer, string(c.Filed), c.Meaning, c.Outcome,
				part["situation"], part["analysis"], part["suggestions"], c.Edition, c.SHA256, c.PublishedAt.Format(time.RFC3339), c.UpdatedAt.Format(time.RFC3339)}}
		}},
	{"replies", "答复", "每个单位的答复一行", []column{
		{"id", "提案的稳定编号"}, {"unit_id", "单位的稳定编号"}, {"unit", "单位"}, {"role", "sole 独办，host 主办，split 分办"}, {"replied_on", "答复日期"}, {"due_on", "期限"}, {"on_time", "是否在期限内"},
		{"meaning", "办理结果的统一含义"}, {"outcome", "本级的结果分类"}, {"doc_no", "文号"}, {"text", "答复；空为不公开"}, {"summary", "是否为摘要"}},
		func(c *publish.OpenCase, label func(string) string) (lines [][]any) {
			for _, r := range c.Replies {
				lines = append(lines, []any{c.Code, r.Unit, r.Name, r.Role, string(r.On), string(r.Due), strconv.FormatBool(r.OnTime), r.Meaning, r.Outcome, r.DocNo, publish.Flat(r.Spans, label), strconv.FormatBool(r.Summary)})
			}
			return lines
		}},
	{"promises", "承诺事项", "每项公开的承诺一行", []column{
		{"id", "提案的稳定编号"}, {"unit", "单位"}, {"text", "承诺"}, {"due_on", "应完成日期"}, {"state", "open 落实中，reported 已报告，done 已核实落实"}, {"done_on", "核实日期"}, {"result", "落实情况"}},
		func(c *publish.OpenCase, label func(string) string) (lines [][]any) {
			for _, p := range c.Promises {
				lines = append(lines, []any{c.Code, p.Name, publish.Flat(p.Spans, label), string(p.Due), p.State, string(p.Done), publish.Flat(p.Result, label)})
			}
			return lines
		}},
}

func (p *pages) openData(w http.ResponseWriter, r *http.Request) error {
	v, r, done, err := p.enter(w, r)
	if err != nil || done {
		return unkept(w, err)
	}
	return unkept(w, web.Render(w, r, http.StatusOK, dataPage(v)))
}

// openSet answers a data set as JSON or as CSV.
func (p *pages) openSet(w http.ResponseWriter, r *http.Request) error {
	v, r, done, err := p.enter(w, r)
	if err != nil || done {
		return unkept(w, err)
	}
	name, kind, _ := strings.Cut(r.PathValue("file"), ".")
	for _, s := range sets {
		if s.name == name && (kind == "csv" || kind == "json") {
			all, err := p.public.All(r.Context(), v.Site, "", 0)
			if err != nil {
				return unkept(w, err)
			}
			b, err := s.write(r.Context(), kind, all)
			if err != nil {
				return unkept(w, err)
			}
			h := w.Header()
			h.Set("Content-Type", map[string]string{"csv": "text/csv; charset=utf-8", "json": "application/json"}[kind])
			h.Set("Content-Disposition", `attachment; filename="`+v.Tenant.Code+"-"+name+"."+kind+`"`)
			_, err = w.Write(b)
			return err
		}
	}
	return unkept(w, errs.Missing())
}

func (s *set) write(ctx context.Context, kind string, all []*publish.OpenCase) ([]byte, error) {
	var lines [][]any
	for _, c := range all {
		lines = append(lines, s.lines(c, func(code string) string { return lang.Say(ctx, c.Label(code)) })...)
	}
	var b bytes.Buffer
	if kind == "csv" {
		sheet := document.Sheet{Name: s.name, Rows: document.Each(lines)}
		for _, c := range s.columns {
			sheet.Header = append(sheet.Header, c.name)
		}
		err := document.WriteCSV(&b, sheet)
		return b.Bytes(), err
	}
	objects := make([]map[string]any, len(lines))
	for i, line := range lines {
		objects[i] = map[string]any{}
		for j, c := range s.columns {
			objects[i][c.name] = line[j]
			if text, ok := line[j].(string); ok && (text == "true" || text == "false") && (c.name == "on_time" || c.name == "summary") {
				objects[i][c.name] = text == "true"
			}
		}
	}
	err := json.NewEncoder(&b).Encode(map[string]any{"set": s.name, "items": objects})
	return b.Bytes(), err
}

func setTitle(ctx context.Context, s set) string { return lang.Say(ctx, s.title) }
