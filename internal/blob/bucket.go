package blob

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"shangliang/internal/errs"
	"shangliang/internal/secret"
)

// S3 says where a bucket is and who we are there.
type S3 struct {
	URL    string // https://HOST[:PORT]/BUCKET[/PREFIX]; empty: no S3
	Region string // as the service calls it; asked for if empty
	Style  string // "host" (bucket.HOST/…), "path" (HOST/bucket/…), "auto" or empty
	Key    string // the access key
	Secret secret.Text
	CAFile string // certificates to trust as well
}

const (
	// partSize is what a large file is cut into; one part at a time is in memory.
	partSize = 16 << 20
	// tries are made of each request, the last ones a second apart.
	tries = 5
	// patience is how long we try to reach a service when we start.
	patience = 20 * time.Second
)

var styles = map[string]minio.BucketLookupType{"": minio.BucketLookupAuto, "auto": minio.BucketLookupAuto, "host": minio.BucketLookupDNS, "path": minio.BucketLookupPath}

// Bucket is a [Store] in a bucket of a service that speaks S3. A file is there
// whole or not at all: the service shows what it got completely.
type Bucket struct {
	client         *minio.Client
	bucket, prefix string
	spool          string
	where          string
}

var _ Store = (*Bucket)(nil)

// OpenBucket opens the store under a name in the bucket, which must exist. Spool
// is a directory for what is on its way: a file's name is known only when all of
// it has come. What uploads that were broken off left behind is removed.
func OpenBucket(ctx context.Context, o S3, name, spool string) (*Bucket, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" {
		return nil, errors.New("s3: the address must be https://HOST/BUCKET or https://HOST/BUCKET/PREFIX")
	}
	if u.User != nil {
		return nil, errors.New("s3: the address must not hold keys: give them by file or environment")
	}
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if bucket == "" {
		return nil, errors.New("s3: the address names no bucket: https://HOST/BUCKET")
	}
	style, ok := styles[o.Style]
	if !ok {
		return nil, fmt.Errorf("s3: there is no style %q; there are auto, host, path", o.Style)
	}
	if o.Key == "" || o.Secret == "" {
		return nil, errors.New("s3: the access key or its secret is missing")
	}
	transport, err := minio.DefaultTransport(u.Scheme == "https")
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	if o.CAFile != "" && u.Scheme == "https" {
		if err := trust(transport, o.CAFile); err != nil {
			return nil, err
		}
	}
	client, err := minio.New(u.Host, &minio.Options{Creds: credentials.NewStaticV4(o.Key, string(o.Secret), ""), Secure: u.Scheme == "https",
		Region: o.Region, BucketLookup: style, Transport: transport, MaxRetries: tries})
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	if err := tidy(spool); err != nil {
		return nil, err
	}
	if prefix != "" {
		prefix += "/"
	}
	s := &Bucket{client: client, bucket: bucket, prefix: prefix + name + "/", spool: spool}
	s.where = u.Scheme + "://" + u.Host + "/" + bucket + "/" + s.prefix
	if err := s.reach(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

func trust(t *http.Transport, file string) error {
	pem, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("s3: there is no certificate in %s", file)
	}
	t.TLSClientConfig.RootCAs = pool
	return nil
}

// reach makes sure that we may list the bucket, and ends uploads that were
// broken off long ago: their parts cost room and nobody sees them.
func (s *Bucket) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix, MaxKeys: 1, Recursive: true}) {
		if o.Err != nil {
			return s.explain(o.Err)
		}
		break
	}
	core := minio.Core{Client: s.client}
	for up := range s.client.ListIncompleteUploads(ctx, s.bucket, s.prefix, true) {
		if up.Err != nil {
			break // not every service lists them; its own rules may remove them
		}
		if time.Since(up.Initiated) > abandoned {
			_ = core.AbortMultipartUpload(ctx, s.bucket, up.Key, up.UploadID) // somebody else may have been faster
		}
	}
	return nil
}

// explain says what the keeper can do about what a service answers.
func (s *Bucket) explain(err error) error {
	says := map[string]string{
		"NoSuchBucket":          "there is no such bucket: make it first",
		"InvalidAccessKeyId":    "the service does not know the access key",
		"SignatureDoesNotMatch": "the secret does not belong to the access key, or the region or style is wrong",
		"AccessDenied":          "the access key may not read and list this bucket",
		"RequestTimeTooSkewed":  "the clocks of this machine and of the service differ",
	}
	var answer minio.ErrorResponse
	errors.As(err, &answer)
	return fmt.Errorf("s3: %s: %s: %w", s.where, cmp.Or(says[answer.Code], "cannot be used"), err)
}

// failed is explain for who uses the platform: a service that cannot be reached
// is there again later.
func (s *Bucket) failed(err error) error {
	var answer minio.ErrorResponse
	if errors.As(err, &answer) || errors.Is(err, context.Canceled) {
		return s.explain(err)
	}
	return errs.Because(s.explain(err), errs.Unavailable, "文件存储现在连不上，请稍后再试")
}

func (s *Bucket) String() string { return s.where }

func (s *Bucket) key(sha string) string { return s.prefix + Name(sha) }

// missing reports whether the service says that a file is not there.
func missing(err error) bool { return minio.ToErrorResponse(err).Code == minio.NoSuchKey }

// Put implements [Store].
func (s *Bucket) Put(ctx context.Context, r io.Reader, max int64) (Info, error) {
	f, info, err := spool(ctx, s.spool, r, max)
	if err != nil {
		return Info{}, err
	}
	defer discard(f)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return Info{}, fmt.Errorf("blob: %w", err)
	}
	// Content-MD5 is the one check on the way that every service knows; signing
	// in chunks is known to few.
	_, err = s.client.PutObject(ctx, s.bucket, s.key(info.SHA256), f, info.Size, minio.PutObjectOptions{
		ContentType: "application/octet-stream", PartSize: partSize, SendContentMd5: true, DisableContentSha256: true})
	if err != nil {
		return Info{}, s.failed(err)
	}
	return info, nil
}

// Get implements [Store].
func (s *Bucket) Get(ctx context.Context, sha string) (io.ReadSeekCloser, error) {
	if !valid(sha) {
		return nil, notFound(nil)
	}
	o, err := s.client.GetObject(ctx, s.bucket, s.key(sha), minio.GetObjectOptions{})
	if err == nil {
		if _, err = o.Stat(); err == nil {
			return o, nil
		}
		o.Close()
	}
	if missing(err) {
		return nil, notFound(err)
	}
	return nil, s.failed(err)
}

// Has implements [Store].
func (s *Bucket) Has(ctx context.Context, sha string) (bool, error) {
	if !valid(sha) {
		return false, nil
	}
	_, err := s.client.StatObject(ctx, s.bucket, s.key(sha), minio.StatObjectOptions{})
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, s.failed(err)
	}
	return true, nil
}

// Remove implements [Store].
func (s *Bucket) Remove(ctx context.Context, sha string) error {
	if !valid(sha) {
		return nil
	}
	if err := s.client.RemoveObject(ctx, s.bucket, s.key(sha), minio.RemoveObjectOptions{}); err != nil && !missing(err) {
		return s.failed(err)
	}
	return nil
}

// List implements [Store].
func (s *Bucket) List(ctx context.Context) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix, Recursive: true}) {
			if o.Err != nil {
				yield(Info{}, s.failed(o.Err))
				return
			}
			if sha, ok := Of(strings.TrimPrefix(o.Key, s.prefix)); ok && !yield(Info{sha, o.Size, o.LastModified}, nil) {
				return
			}
		}
	}
}
