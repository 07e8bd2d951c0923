package orgweb

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/boombuler/barcode/qr"

	"shangliang/internal/lang"
)

// qrCode draws a text as a QR code of vectors: sharp in every size, and without
// a picture that would have to be let through the policy.
func qrCode(text string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		code, err := qr.Encode(text, qr.M, qr.Auto)
		if err != nil {
			return nil // too long to draw: the secret stands beside it
		}
		const margin = 4
		n := code.Bounds().Dx()
		size := strconv.Itoa(n + 2*margin)
		var b strings.Builder
		b.WriteString(`<svg class="qr" role="img" aria-label="` + templ.EscapeString(lang.T(ctx, "二维码")) +
			`" width="220" height="220" viewBox="0 0 ` + size + " " + size + `" shape-rendering="crispEdges"><rect width="100%" height="100%" fill="#fff"/><path fill="#000" d="`)
		for y := range n {
			for x := 0; x < n; x++ {
				from := x
				for x < n && isDark(code.At(x, y).RGBA()) {
					x++
				}
				if x > from {
					b.WriteString("M" + strconv.Itoa(from+margin) + " " + strconv.Itoa(y+margin) + "h" + strconv.Itoa(x-from) + "v1H" + strconv.Itoa(from+margin) + "z")
				}
			}
		}
		b.WriteString(`"/></svg>`)
		_, err = io.WriteString(w, b.String())
		return err
	})
}

func isDark(r, _, _, _ uint32) bool { return r < 0x8000 }
