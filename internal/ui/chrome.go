package ui

import (
	"context"
	"io"

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

// scriptWords are the texts that the scripts need, handed to them as data. Every
// page carries them, so they are put together without reflection.
func scriptWords() templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		b := make([]byte, 0, 3<<10)
		b = append(b, `<script type="application/json" id="words">{`...)
		add := func(key, text string) {
			if b[len(b)-1] != '{' {
				b = append(b, ',')
			}
			b = append(append(append(b, '"'), key...), `":"`...)
			for i := range len(text) {
				switch c := text[i]; c {
				case '"', '\\':
					b = append(b, '\\', c)
				case '<':
					b = append(b, `\u003c`...)
				default:
					b = append(b, c)
				}
			}
			b = append(b, '"')
		}
		add("saved", lang.T(ctx, "已保存"))
		add("saving", lang.T(ctx, "正在保存…"))
		add("savedHere", lang.T(ctx, "已存在本机，联网后自动上传"))
		add("signedOut", lang.T(ctx, "登录已失效。内容已存在本机，重新登录后自动恢复"))
		add("signIn", lang.T(ctx, "重新登录"))
		add("restored", lang.T(ctx, "已恢复上次未保存的内容"))
		add("discard", lang.T(ctx, "放弃恢复"))
		add("conflict", lang.T(ctx, "别人刚刚改过这份内容。您的文字都在本机，请选择以哪一份为准"))
		add("mine", lang.T(ctx, "用我的"))
		add("theirs", lang.T(ctx, "看对方的"))
		add("tooLarge", lang.T(ctx, "文件太大，不能超过"))
		add("uploading", lang.T(ctx, "正在上传"))
		add("failed", lang.T(ctx, "没有成功，请再试一次"))
		add("offline", lang.T(ctx, "网络不通，请稍后再试"))
		add("selected", lang.T(ctx, "已选"))
		add("chars", lang.T(ctx, "字"))
		add("over", lang.T(ctx, "超出"))
		add("confirm", lang.T(ctx, "确定"))
		add("cancel", lang.T(ctx, "取消"))
		add("copied", lang.T(ctx, "已复制"))
		add("noMatch", lang.T(ctx, "没有相符的"))
		add("remove", lang.T(ctx, "移除"))
		add("close", lang.T(ctx, "关闭"))
		add("undo", lang.T(ctx, "撤销"))
		add("keys", lang.T(ctx, "键盘快捷键"))
		add("keySearch", lang.T(ctx, "到搜索框"))
		add("keyMove", lang.T(ctx, "在列表中下移、上移"))
		add("keyOpen", lang.T(ctx, "打开"))
		add("keySelect", lang.T(ctx, "选中或取消"))
		add("keyHelp", lang.T(ctx, "显示本说明"))
		add("choose", lang.T(ctx, "输入几个字来查找"))
		add("unsaved", lang.T(ctx, "还没有保存的草稿"))
		_, err := w.Write(append(b, "}</script>"...))
		return err
	})
}
