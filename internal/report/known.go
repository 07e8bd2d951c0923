package report

import (
	"bytes"
	"encoding/json"
	"path"
	"strconv"
	"strings"

	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/figure/catalogue"
)

// columns of a table of known figures.
var columns = []document.Column{
	{ID: "metric", Title: "指标", Aliases: []string{"metric", "名称", "指标名称"}, Required: true},
	{ID: "value", Title: "数值", Aliases: []string{"value", "今年", "本年"}, Required: true},
	{ID: "unit", Title: "单位", Aliases: []string{"unit"}},
	{ID: "dims", Title: "分类", Aliases: []string{"dims", "维度"}},
	{ID: "last", Title: "上年", Aliases: []string{"last", "去年", "上年数值"}},
	{ID: "base", Title: "占比基数", Aliases: []string{"base", "基数"}},
	{ID: "link", Title: "链接", Aliases: []string{"link"}},
}

// ReadKnown reads known figures from a file: JSON, a list of objects like
// [Known], or a table (xlsx, csv) with the columns 指标 数值 单位 分类 上年 占比基数.
// A metric is named by its id or its name in the catalogue, a class written as
// level=province. Errors are Invalid and name the row.
func ReadKnown(name string, data []byte) ([]Known, error) {
	if ext := strings.ToLower(path.Ext(name)); ext == ".json" || ext == ".jsonl" {
		return readJSON(data)
	}
	table, err := document.Open(name, bytes.NewReader(data), int64(len(data)), document.Defaults())
	if err != nil {
		return nil, err
	}
	records, problems, err := table.Read(columns)
	if err != nil {
		return nil, err
	}
	for _, p := range problems {
		return nil, errs.New(errs.Invalid, "第 %d 行有误，请检查“%s”这一列", p.Line, p.Title)
	}
	var all []Known
	for _, r := range records {
		v := r.Values
		k := Known{Metric: v["metric"], Unit: v["unit"], Base: v["base"], Link: v["link"], Dims: map[string]string{}}
		value, ok := number(v["value"], &k.Unit)
		if !ok {
			return nil, errs.New(errs.Invalid, "第 %d 行的数值“%s”不是数字", r.Line, v["value"])
		}
		k.Value = value
		if v["last"] != "" {
			last, ok := number(v["last"], new(string))
			if !ok {
				return nil, errs.New(errs.Invalid, "第 %d 行的数值“%s”不是数字", r.Line, v["last"])
			}
			k.Last = &last
		}
		for part := range strings.FieldsFuncSeq(v["dims"], func(c rune) bool { return strings.ContainsRune(" ,，;；、", c) }) {
			d, value, ok := strings.Cut(part, "=")
			if !ok {
				return nil, errs.New(errs.Invalid, "第 %d 行的分类“%s”要写成 level=province 这样", r.Line, part)
			}
			k.Dims[d] = value
		}
		if err := k.complete(r.Line); err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, nil
}

func readJSON(data []byte) ([]Known, error) {
	var all []Known
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, errs.Because(err, errs.Invalid, "指标文件要是一个列表，每项有 metric、value、unit")
	}
	for i := range all {
		if err := all[i].complete(i + 1); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// complete finds the metric by its id or its name, and its unit.
func (k *Known) complete(line int) error {
	c := catalogue.Get()
	m := c.Metric(k.Metric)
	for i := range c.Metrics {
		if m == nil && c.Metrics[i].Name == k.Metric {
			m = &c.Metrics[i]
		}
	}
	if m == nil {
		return errs.New(errs.Invalid, "第 %d 行的指标“%s”目录里没有；请用目录里的编号或名称", line, k.Metric)
	}
	k.Metric = m.ID
	if k.Unit == "" {
		k.Unit = m.Units[0]
	}
	return nil
}

// number reads 3,127 or 96.9%, whose unit it then is.
func number(s string, unit *string) (float64, bool) {
	s = strings.NewReplacer(",", "", "，", "", " ", "").Replace(s)
	if rest, ok := strings.CutSuffix(s, "%"); ok {
		s, *unit = rest, "%"
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}
