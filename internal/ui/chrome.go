package ui

import (
	"context"

	"github.com/a-h/templ"

	"shangliang/internal/lang"
)

// Chrome is what surrounds every page of one request: who is here, where they
// can go, what waits. Package app fills it; pages do not know about it.
type Chrome struct {
	TenantName string
	PersonName string
	RoleTitle  string
	Grants     []Choice // the roles one can switch to: POST /role, grant=ID
	Menu       []MenuGroup
	Unread     int    // notices not read yet
	Path       string // the path of this request, for the menu and for coming back
	Theme      string // "light", "dark" or "" for the device's choice
	Size       string // "large" for large type
	SignedIn   bool
	RequestID  string // finds the request in the log; shown on errors only
	Flash      *Flash // what the last act did, shown once
}

// Choice is one of several things to choose from.
type Choice struct {
	ID, Title string
	Current   bool
}

// MenuGroup is a group of the side menu.
type MenuGroup struct {
	Title string
	Items []MenuItem
}

// MenuItem is a place to go. Count is what waits there, 0 shows nothing.
// Primary items, at most five, stand in the bottom bar of a phone.
type MenuItem struct {
	Path, Title, Icon string
	Count             int
	Primary           bool
}

// Flash tells once, on the next page, what an act did. UndoURL, if any, is
// posted to undo it.
type Flash struct {
	Kind    Kind
	Text    string
	UndoURL string
}

type chromeKey struct{}

// WithChrome returns a context whose pages are framed by c.
func WithChrome(ctx context.Context, c *Chrome) context.Context {
	return context.WithValue(ctx, chromeKey{}, c)
}

// ChromeFrom returns the frame of the context's pages; an empty one, as a
// visitor sees it, if none was set. It is never nil.
func ChromeFrom(ctx context.Context) *Chrome {
	if c, ok := ctx.Value(chromeKey{}).(*Chrome); ok && c != nil {
		return c
	}
	return &Chrome{}
}

// current reports whether a menu item leads to the page shown or to one above it.
func (c *Chrome) current(path string) bool {
	if path == "/" {
		return c.Path == "/"
	}
	return c.Path == path || len(c.Path) > len(path) && c.Path[:len(path)] == path && c.Path[len(path)] == '/'
}

// here returns the one menu item that fits the page best: the longest path.
func (c *Chrome) here() string {
	best := ""
	for _, g := range c.Menu {
		for _, it := range g.Items {
			if len(it.Path) > len(best) && c.current(it.Path) {
				best = it.Path
			}
		}
	}
	return best
}

// bottom returns the items of the phone's bottom bar and whether a last place
// is needed for the rest of the menu.
func (c *Chrome) bottom() (items []MenuItem, more bool) {
	total := 0
	for _, g := range c.Menu {
		for _, it := range g.Items {
			total++
			if it.Primary {
				items = append(items, it)
			}
		}
	}
	if len(items) == total && total <= 5 {
		return items, false
	}
	return items[:min(len(items), 4)], true
}

// theme is the value of data-bs-theme.
func (c *Chrome) theme() string {
	if c.Theme == "light" || c.Theme == "dark" {
		return c.Theme
	}
	return "auto"
}

// PageInfo is the head of a page.
type PageInfo struct {
	Title   string
	Crumbs  []Link          // the way here, without the page itself
	Lead    string          // one sentence under the title
	Actions templ.Component // the page's main actions, beside the title
	Narrow  bool            // one column of text or form
	Failed  bool            // the page tells of an error: shows the request's id
}

func (p PageInfo) docTitle(c *Chrome) string {
	if c.TenantName == "" {
		return p.Title
	}
	return p.Title + " · " + c.TenantName
}

// scriptWords are the texts that the scripts need, handed to them as data.
func scriptWords(ctx context.Context) map[string]string {
	return map[string]string{
		"saved":     lang.T(ctx, "已保存"),
		"saving":    lang.T(ctx, "正在保存…"),
		"savedHere": lang.T(ctx, "已存在本机，联网后自动上传"),
		"signedOut": lang.T(ctx, "登录已失效。内容已存在本机，重新登录后自动恢复"),
		"signIn":    lang.T(ctx, "重新登录"),
		"restored":  lang.T(ctx, "已恢复上次未保存的内容"),
		"discard":   lang.T(ctx, "放弃恢复"),
		"conflict":  lang.T(ctx, "别人刚刚改过这份内容。您的文字都在本机，请选择以哪一份为准"),
		"mine":      lang.T(ctx, "用我的"),
		"theirs":    lang.T(ctx, "看对方的"),
		"working":   lang.T(ctx, "正在提交…"),
		"tooLarge":  lang.T(ctx, "文件太大，不能超过"),
		"uploading": lang.T(ctx, "正在上传"),
		"failed":    lang.T(ctx, "没有成功，请再试一次"),
		"offline":   lang.T(ctx, "网络不通，请稍后再试"),
		"selected":  lang.T(ctx, "已选"),
		"chars":     lang.T(ctx, "字"),
		"over":      lang.T(ctx, "超出"),
		"confirm":   lang.T(ctx, "确定"),
		"cancel":    lang.T(ctx, "取消"),
		"copied":    lang.T(ctx, "已复制"),
		"noMatch":   lang.T(ctx, "没有相符的"),
		"remove":    lang.T(ctx, "移除"),
		"close":     lang.T(ctx, "关闭"),
		"undo":      lang.T(ctx, "撤销"),
		"keys":      lang.T(ctx, "键盘快捷键"),
		"keySearch": lang.T(ctx, "到搜索框"),
		"keyMove":   lang.T(ctx, "在列表中下移、上移"),
		"keyOpen":   lang.T(ctx, "打开"),
		"keySelect": lang.T(ctx, "选中或取消"),
		"keyHelp":   lang.T(ctx, "显示本说明"),
		"options":   lang.T(ctx, "个选项"),
		"choose":    lang.T(ctx, "输入几个字来查找"),
		"unsaved":   lang.T(ctx, "还没有保存的草稿"),
	}
}
