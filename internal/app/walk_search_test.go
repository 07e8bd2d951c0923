package app_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"shangliang/internal/proposal"
	"shangliang/internal/search"
	"shangliang/internal/web/browsertest"
)

// Somebody types the initials of a name, chooses by keyboard and comes to what
// they wrote; a case is opened out of the list; Traditional finds Simplified.
func TestWalkSearch(t *testing.T) {
	const (
		field   = "词语、案号或姓名"
		open    = "[...document.querySelectorAll('[role=listbox]')].some(l => l.checkVisibility())"
		closed  = "!" + "[...document.querySelectorAll('[role=listbox]')].some(l => l.checkVisibility())"
		current = "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))"
	)
	onEach(t, func(k *walk) {
		p := k.Play(proposal.Filed)
		if err := search.Renew(t.Context(), k.DB); err != nil {
			t.Fatal(err)
		}
		clerk := k.as("柳文书")
		clerk.Visit("/search")
		clerk.Fill(field, "yzq")
		clerk.Is(open)
		clerk.Is("document.activeElement.getAttribute('aria-expanded') === 'true' && !document.activeElement.hasAttribute('aria-activedescendant')")
		clerk.Is("[...document.querySelectorAll('[role=status]')].some(s => s.textContent.includes('有1条建议'))")
		clerk.Press(kb.ArrowDown)
		clerk.Is(current + ".innerText.includes('余知秋') && " + current + ".getAttribute('aria-selected') === 'true'")
		clerk.Axe()
		clerk.Shoot("search-suggest")
		clerk.Press(kb.Escape)
		clerk.Is(closed)
		clerk.Is("document.activeElement.value === 'yzq'")
		clerk.Press(kb.ArrowDown)
		clerk.Is(current)
		clerk.Press(kb.Enter)
		clerk.Is("location.search === '?q=' + encodeURIComponent('余知秋')")
		clerk.Sees("共 1 条", p.Title)

		// An input method composes: nothing is asked before it ends.
		clerk.Visit("/search")
		clerk.Fill(field, "")
		compose := func(events string) {
			clerk.Is("(e => { window.asked = 0; const f = window.fetch; window.fetch = (...a) => { window.asked++; return f(...a) }; e.focus(); " + events + " return true })(document.querySelector('main input[type=search]'))")
		}
		compose("e.dispatchEvent(new CompositionEvent('compositionstart')); e.value = 'pai'; e.dispatchEvent(new InputEvent('input', {isComposing: true, bubbles: true}));")
		clerk.Is("new Promise(r => setTimeout(r, 400)).then(() => window.asked === 0)")
		compose("e.value = '排洪'; e.dispatchEvent(new CompositionEvent('compositionend'));")
		clerk.Is(open)
		clerk.Press(kb.ArrowDown)
		clerk.Press(kb.Enter)
		clerk.Is("location.pathname === '/proposals/" + p.ID + "'")

		if k.screen == browsertest.Desk { // on a phone the field is on its page
			clerk.Visit("/")
			clerk.Press("/")
			clerk.Is("document.activeElement.id === 'search'")
			clerk.Fill("搜索", "paihongqu")
			clerk.Is(open)
			clerk.Axe()
			clerk.Shoot("search-suggest-frame")
			clerk.Press(kb.Enter) // nothing chosen: an ordinary search, which offers the same
			clerk.Sees("您是不是要找", p.Title)
			clerk.Axe()
		}
		clerk.Visit("/search")
		clerk.Fill(field, "臨川縣城西 關於")
		clerk.Press(kb.Enter)
		clerk.Sees("共 1 条")
		clerk.Is("[...document.querySelectorAll('mark')].some(m => m.textContent === '临川县城西')")
	})
}
