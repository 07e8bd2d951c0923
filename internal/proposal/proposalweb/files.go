package proposalweb

import (
	"io"
	"net/http"

	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// file sends a file of a case.
func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	f, content, err := p.proposals.OpenFile(r.Context(), r.PathValue("id"), r.PathValue("file"))
	if err != nil {
		return err
	}
	return web.ServeFile(w, r, f.Name, document.ContentType(document.Kind(f.Kind)), f.SHA256, func() (io.ReadSeekCloser, error) { return content, nil })
}

// attach adds files to a case.
func (p *pages) attach(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	purpose, assignment := r.PostFormValue("purpose"), ""
	if purpose == "reply" || purpose == "evidence" {
		assignment = r.PostFormValue("assignment")
	}
	n, err := p.attachAll(r, id, purpose, assignment)
	if err == nil && n == 0 {
		var f errs.Fields
		f.Add("files", "请选择文件")
		err = f.Err()
	}
	if err != nil {
		return p.again(w, r, &tried{action: attaching, err: err})
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已上传%d个文件", n), "")
	return web.Redirect(w, r, "/proposals/"+id)
}

// attachAll adds the files of a form to a case and returns how many.
func (p *pages) attachAll(r *http.Request, id, purpose, assignment string) (int, error) {
	files, err := web.Uploads(r, "files", p.limits.Most())
	if err != nil {
		return 0, err
	}
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	for i, f := range files {
		_, err := p.proposals.Attach(web.Derived(r.Context(), "file"+itoa(i)), id, proposal.Upload{Purpose: purpose, Assignment: assignment, Name: f.Name, Size: f.Size, Content: f})
		if err != nil {
			return i, err
		}
	}
	return len(files), nil
}

// detach takes a file off a case.
func (p *pages) detach(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	if err := p.proposals.Detach(ctx, id, r.PathValue("file")); err != nil {
		return p.again(w, r, &tried{action: "detach", err: err})
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已移除文件"), query("/proposals/"+id+"/files/"+r.PathValue("file")+"/restore", "from", r.FormValue("from")))
	return web.Redirect(w, r, filesAt(r))
}

// reattach puts a file back that was taken off.
func (p *pages) reattach(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	if err := p.proposals.Reattach(ctx, id, r.PathValue("file")); err != nil {
		return p.again(w, r, &tried{action: "reattach", err: err})
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "文件已放回"), "")
	return web.Redirect(w, r, filesAt(r))
}

// filesAt is where the person was looking at the files of a case.
func filesAt(r *http.Request) string {
	if r.FormValue("from") == "edit" {
		return "/proposals/" + r.PathValue("id") + "/edit"
	}
	return "/proposals/" + r.PathValue("id") + "#files"
}
