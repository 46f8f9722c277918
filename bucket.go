package taskhook

import "time"

// Bucket is where an account wants copies of its results: in a storage of its own that
// speaks S3. What was stored here stays here.
type Bucket struct {
	AccountID string
	Endpoint  string // "https://s3.eu-central-1.amazonaws.com"
	Name      string
	Region    string
	Prefix    string // of all keys, without slashes around it; may be empty
	AccessKey string
	SecretKey string // empty where it is only shown
	CreatedAt time.Time

	Failures int       // tries in a row that failed
	Error    string    // of the last of these
	DueAt    time.Time // before that nothing is sent there
	Waiting  int       // results that are to be copied, counted to MaxTotal
	Failed   int       // results that were given up, counted to MaxTotal
}

// CopyState says how far the copy of a result in its account's bucket is.
type CopyState string

// All states of a copy.
const (
	CopyUnwanted CopyState = ""
	CopyPending  CopyState = "pending"
	CopyDone     CopyState = "done"
	CopyFailed   CopyState = "failed" // and given up
)

// CopyEnd is how a try to copy a result ended.
type CopyEnd struct {
	AccountID  string
	ArtifactID string
	State      CopyState // CopyPending: it is tried again
	Error      string    // why not; empty when it is done
	Refused    bool      // by the bucket, which counts as its failure
	DueAt      time.Time // of the bucket from now on
}
