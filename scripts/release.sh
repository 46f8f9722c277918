#!/bin/sh
# Builds an archive for each platform into dist/, with a file of their SHA-256
# sums. VERSION defaults to what git says.
set -eu
cd "$(dirname "$0")/.."

platforms='linux/amd64 linux/arm64 darwin/amd64 darwin/arm64'
version=${VERSION:-$(git describe --tags --always --dirty)}

sha256() {
	if command -v sha256sum >/dev/null 2>&1; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

rm -rf dist
mkdir dist
for platform in $platforms; do
	name=taskhook_${version}_${platform%/*}_${platform#*/}
	mkdir "dist/$name"
	CGO_ENABLED=0 GOOS=${platform%/*} GOARCH=${platform#*/} \
		go build -trimpath -ldflags='-s -w' -o "dist/$name/taskhook" ./cmd/taskhook
	cp LICENSE README.md CHANGELOG.md "dist/$name/"
	tar -C dist -czf "dist/$name.tar.gz" "$name"
	rm -r "dist/${name:?}"
	echo "dist/$name.tar.gz"
done
(cd dist && sha256 ./*.tar.gz >SHA256SUMS)
