package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"shangliang/internal/app"
	"shangliang/internal/calendar"
	"shangliang/internal/demo"
)

// budget is what a measurement must reach.
type budget struct {
	rate float64       // requests a second, at least; 0 asks for none
	p99  time.Duration // at most
	half time.Duration // the median at most; 0 asks for none
}

// measurement is one kind of request.
type measurement struct {
	name, title string
	budget
	clients int // as many as the flag says when 0
	status  int
	ask     func(r *rand.Rand, worker int) request
	whole   string // stands in every whole answer
}

// request is one question.
type request struct {
	method, path, cookie, key string
	body                      []byte
}

// result is what came of a measurement.
type result struct {
	measurement
	n, failed      int
	rate           float64
	half, p99, max time.Duration
	cpu            time.Duration // of the server, for each request
	bytes          int64         // of an answer on average, as sent
	failure        string        // the first
}

// met reports whether the budget was kept.
func (r *result) met() bool {
	b := r.budget
	return r.n > 0 && r.failed == 0 && r.rate >= b.rate && (b.p99 == 0 || r.p99 <= b.p99) && (b.half == 0 || r.half <= b.half)
}

// words are what people look for: two characters, as most words have.
var words = strings.Fields("停车 养老 教育 道路 河道 垃圾 医疗 农村 社区 学校 电梯 消防 公交 就业 企业 旅游 文化 保护 村民 儿童 " +
	"老人 食品 安全 排水 绿化 改造 服务 管理 建设 宣传 监管 资金 规划 人才 技术 健康 卫生 交通 灌溉 土地 产业 基层 信息 数据 能源 气象 志愿 图书 体育 供水")

// begun is what people begin to type: each is asked for up to any of its letters,
// names, titles and numbers, in characters, pinyin and initials.
var begun = strings.Fields("zhangsan wangxiaoming lihua chenjianguo zs wxm lh chenjg 张三 王小明 李华 水利局 shuiliju xslj jiaoyuju 教育局 " +
	"停车难 tingchenan tcn 养老服务 yanglaofuwu ylfw nongcunjiaoyu ncjy 农村教育 dianti dt 河道治理 hedaozhili hdzl 2020-0123 2024-1500 0042 7 jianyijiaqiang jyjq js gl 老旧小区改造 ljxqgz laojiuxiaoqu")

// measurements lists what is measured.
func (set *dataset) measurements(who people, lists []string) []measurement {
	get := func(path string, tokens []string, worker int) request {
		return request{method: "GET", path: path, cookie: tokens[worker%len(tokens)]}
	}
	return []measurement{
		{name: "list", title: "list page", budget: budget{rate: 1500, p99: 40 * time.Millisecond}, status: 200, whole: "</html>",
			ask: func(r *rand.Rand, worker int) request { return get(lists[r.IntN(len(lists))], who.clerks, worker) }},
		{name: "case", title: "case page", budget: budget{rate: 1500, p99: 40 * time.Millisecond}, status: 200, whole: "</html>",
			ask: func(r *rand.Rand, worker int) request {
				return get("/proposals/"+who.cases[r.IntN(len(who.cases))], who.clerks, worker)
			}},
		{name: "search", title: "search for a word of two characters", budget: budget{rate: 800, p99: 60 * time.Millisecond}, status: 200, whole: "</html>",
			ask: func(r *rand.Rand, worker int) request {
				return get("/search?q="+escape(words[r.IntN(len(words))]), who.clerks, worker)
			}},
		{name: "suggest", title: "suggestions for a key typed", budget: budget{p99: 50 * time.Millisecond}, status: 200, whole: "data-says",
			ask: func(r *rand.Rand, worker int) request {
				typed := []rune(begun[r.IntN(len(begun))])
				return get("/search/suggest?q="+escape(string(typed[:1+r.IntN(len(typed))])), who.clerks, worker)
			}},
		{name: "create", title: "create a proposal over REST", budget: budget{rate: 300, p99: 120 * time.Millisecond}, status: 201, whole: `"id"`,
			ask: func(r *rand.Rand, worker int) request {
				body, _ := json.Marshal(demo.Text(r.Uint64())) // strings and booleans
				return request{method: "POST", path: "/api/v1/proposals", cookie: who.members[worker%len(who.members)],
					key: fmt.Sprintf("bench-%016x", r.Uint64()), body: body}
			}},
		{name: "figures", title: "all figures of one year", budget: budget{half: 100 * time.Millisecond}, status: 200, clients: 1, whole: `"value"`,
			// As of another day each time: what was counted before is remembered.
			ask: func(r *rand.Rand, worker int) request {
				year := set.Year - r.IntN(years)
				asOf := min(calendar.On(time.Now()), day(year, 12, 31)).AddDays(-r.IntN(60))
				return get(fmt.Sprintf("/api/v1/figures?year=%d&as_of=%s", year, asOf), who.clerks, worker)
			}},
	}
}

// most bounds a measurement, whatever the server can do.
const most = 400_000

// load asks for a while and then measures for a while.
func (m measurement) load(ctx context.Context, srv *server, s settings, warm, span time.Duration) (result, error) {
	clients := s.clients
	if m.clients > 0 {
		clients = m.clients
	}
	if _, err := m.run(ctx, srv, s, clients, warm); err != nil {
		return result{}, err
	}
	end := srv.profile(m.name)
	before, err := srv.cpu()
	if err != nil {
		return result{}, err
	}
	start := time.Now()
	all, err := m.run(ctx, srv, s, clients, span)
	if err != nil {
		return result{}, err
	}
	took := time.Since(start)
	after, err := srv.cpu()
	if err != nil {
		return result{}, err
	}
	r := result{measurement: m}
	var times []time.Duration
	for _, one := range all {
		times = append(times, one.times...)
		r.failed += one.failed
		r.bytes += one.bytes
		if r.failure == "" {
			r.failure = one.failure
		}
	}
	if r.n = len(times); r.n > 0 {
		slices.Sort(times)
		r.rate = float64(r.n) / took.Seconds()
		r.half, r.p99, r.max = times[r.n/2], times[r.n*99/100], times[r.n-1]
		r.cpu = (after - before) / time.Duration(r.n)
		r.bytes /= int64(r.n)
	}
	return r, end()
}

// client is one connection that asks again as soon as it was answered.
type client struct {
	times   []time.Duration
	bytes   int64
	failed  int
	failure string
}

func (m measurement) run(ctx context.Context, srv *server, s settings, clients int, span time.Duration) ([]*client, error) {
	all := make([]*client, clients)
	failures := make([]error, clients)
	until := time.Now().Add(span)
	var wg sync.WaitGroup
	for i := range all {
		all[i] = &client{}
		wg.Go(func() { failures[i] = all[i].ask(ctx, m, srv.addr, s, i, until, most/clients) })
	}
	wg.Wait()
	return all, errors.Join(failures...)
}

func (c *client) ask(ctx context.Context, m measurement, addr string, s settings, worker int, until time.Time, most int) error {
	r := rand.New(rand.NewPCG(uint64(worker), uint64(time.Now().UnixNano())))
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer func() { conn.Close() }()
	in := bufio.NewReaderSize(conn, 64<<10)
	var out bytes.Buffer
	for n := 0; n < most && time.Now().Before(until) && ctx.Err() == nil; n++ {
		out.Reset()
		m.ask(r, worker).write(&out, addr, s.plain)
		start := time.Now()
		if _, err := conn.Write(out.Bytes()); err != nil {
			return err
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return err
		}
		var size int64
		var fault string
		if n == 0 || resp.StatusCode != m.status {
			size, fault = m.check(resp)
		} else {
			size, err = io.Copy(io.Discard, resp.Body)
		}
		if err != nil {
			return err
		}
		resp.Body.Close()
		c.times = append(c.times, time.Since(start))
		c.bytes += size
		if fault != "" {
			if c.failed++; c.failure == "" {
				c.failure = fault
			}
			if c.failed > 20 {
				return nil
			}
		}
		if resp.Close {
			conn.Close()
			if conn, err = net.Dial("tcp", addr); err != nil {
				return err
			}
			in.Reset(conn)
		}
	}
	return ctx.Err()
}

// check reads an answer and says what is wrong with it.
func (m measurement) check(resp *http.Response) (size int64, fault string) {
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	size = int64(len(b))
	if resp.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err == nil {
			b, err = io.ReadAll(z)
		}
		if err != nil {
			return size, err.Error()
		}
	}
	if resp.StatusCode != m.status {
		return size, fmt.Sprintf("%d: %.300s", resp.StatusCode, b)
	}
	if !bytes.Contains(b, []byte(m.whole)) {
		return size, fmt.Sprintf("not whole: %.300s", b)
	}
	return size, ""
}

func (q request) write(b *bytes.Buffer, addr string, plain bool) {
	fmt.Fprintf(b, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nCookie: %s=%s\r\n", q.method, q.path, addr, app.SessionCookie, q.cookie)
	if !plain {
		b.WriteString("Accept-Encoding: gzip\r\n")
	}
	if q.method == "POST" {
		fmt.Fprintf(b, "Content-Type: application/json\r\nContent-Length: %d\r\nIdempotency-Key: %s\r\n", len(q.body), q.key)
	}
	b.WriteString("\r\n")
	b.Write(q.body)
}

func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

var onward = regexp.MustCompile(`href="(/proposals\?[^"]*after=[^"]+)"`)

// lists finds out which lists to ask for: with filters, in different orders,
// and some pages further on, as the pages themselves link to them.
func (set *dataset) lists(ctx context.Context, srv *server, who people) ([]string, error) {
	all := []string{"/proposals"}
	for _, queue := range strings.Fields("new in_review to_check near_due overdue to_sign_for promises to_close") {
		all = append(all, "/proposals?queue="+queue)
	}
	for y := range years {
		all = append(all, fmt.Sprintf("/proposals?year=%d", set.Year-y))
	}
	for _, filter := range strings.Fields("state=archived state=handling kind=joint subject=society subject=ecology outcome=resolved sort=due sort=-case_no year=%[1]d&subject=economy state=archived&sort=case_no") {
		if strings.Contains(filter, "%") {
			filter = fmt.Sprintf(filter, set.Year-1)
		}
		all = append(all, "/proposals?"+filter)
	}
	for i := 0; i < len(all) && len(all) < 80; i++ {
		req, err := http.NewRequestWithContext(ctx, "GET", "http://"+srv.addr+all[i], nil)
		if err != nil {
			return nil, err
		}
		req.AddCookie(&http.Cookie{Name: app.SessionCookie, Value: who.clerks[0]})
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s answers %d", all[i], resp.StatusCode)
		}
		if next := onward.FindSubmatch(b); next != nil {
			path := strings.ReplaceAll(string(next[1]), "&amp;", "&")
			if !slices.Contains(all, path) {
				all = append(all, path)
			}
		}
	}
	return all, nil
}
