package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// S3 says where results and uploaded files are kept instead of the data directory.
type S3 struct {
	Bucket    string `name:"bucket" placeholder:"NAME" help:"Bucket that keeps results and uploaded files, of any storage that speaks S3. Without it they are in the data directory."`
	Endpoint  string `name:"endpoint" placeholder:"URL" help:"Where that storage is, as https://host or http://host:port."`
	Region    string `name:"region" default:"us-east-1" placeholder:"REGION" help:"Region of the bucket; storages without regions take any."`
	Prefix    string `name:"prefix" placeholder:"FOLDER" help:"Folder in the bucket. Installations that share a bucket need one each, for each removes files that it does not know."`
	AccessKey string `name:"access-key" placeholder:"ID" help:"Name of the key that may list, read, write and delete there."`
	SecretKey Secret `kong:"-" name:"secret-key" help:"Secret of that key."`
	Serve     string `name:"serve" default:"proxy" enum:"proxy,redirect" help:"How files get to who opens a link: proxy sends them through this server, redirect sends readers on to a link of the storage, good for 15 minutes, so they must be able to reach its endpoint."`
}

// checkS3 refuses half a bucket.
func (c *Config) checkS3() error {
	s := &c.S3
	needed := []struct{ name, value string }{{"s3-endpoint", s.Endpoint}, {"s3-access-key", s.AccessKey}, {"s3-secret-key", s.SecretKey.Reveal()}}
	if s.Bucket == "" {
		for _, n := range append(needed, struct{ name, value string }{"s3-prefix", s.Prefix}) {
			if n.value != "" {
				return fmt.Errorf("%s has a meaning only together with s3-bucket: leave it out or name the bucket", n.name)
			}
		}
		if s.Serve == "redirect" {
			return errors.New("s3-serve is redirect, which has a meaning only together with s3-bucket: leave it out or name the bucket")
		}
		return nil
	}
	for _, n := range needed {
		if n.value == "" {
			return fmt.Errorf("s3-bucket is set without %s, which is needed to use it", n.name)
		}
	}
	return s.check()
}

func (s *S3) check() error {
	u, err := url.Parse(s.Endpoint)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return errors.New("s3-endpoint is not an address; write it like https://s3.eu-central-1.amazonaws.com or http://127.0.0.1:9000")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Path != "" && u.Path != "/":
		return errors.New("s3-endpoint has more than scheme, host and port; the bucket stands in s3-bucket, a folder in it in s3-prefix")
	case strings.ContainsAny(s.Bucket, "/ "):
		return fmt.Errorf("s3-bucket %q is not the name of a bucket; a folder in it stands in s3-prefix", s.Bucket)
	}
	for part := range strings.SplitSeq(strings.Trim(s.Prefix, "/"), "/") {
		if s.Prefix != "" && (part == "" || part == "." || part == "..") {
			return fmt.Errorf("s3-prefix %q is not a folder; write it like taskhook or media/taskhook", s.Prefix)
		}
	}
	return nil
}

// Base returns the endpoint, of an S3 that Load returned.
func (s *S3) Base() *url.URL {
	u, err := url.Parse(s.Endpoint)
	if err != nil {
		return &url.URL{} // Load has parsed it
	}
	return u
}
