#!/bin/sh
# Builds Kubernetes 1.20.2 from the source package of Debian bookworm, with the Go of bookworm, and takes etcd out of its
# binary package. Everything happens in the existing folder $1, the programs go to $1/bin. Nothing is installed; the
# machine's own package lists and sources stay as they are.
set -eu
work=$1
version=v1.20.2
cd "$work"

step() { echo "step: $1"; }

# The mirror that the machine uses, with sources beside it, and lists of our own.
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
options=
[ -f "$keyring" ] && options="[signed-by=$keyring] "
apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Codename: bookworm' |
  sort -u | while read -r uri release component; do
  printf 'deb %s%s %s %s\n' "$options" "$uri" "$release" "$component"
  printf 'deb-src %s%s %s %s\n' "$options" "$uri" "$release" "$component"
done >sources.list
if [ ! -s sources.list ]; then
  echo "none of this machine's package sources is Debian bookworm" >&2
  exit 1
fi
mkdir -p lists/partial cache/archives/partial packages bin gopath/src/k8s.io
apt() {
  apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
    -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User="" "$@"
}

step "downloading the source of kubernetes, Go 1.19, reflect2 and etcd from Debian"
apt update
(cd packages && apt download golang-1.19-go golang-1.19-src golang-github-modern-go-reflect2-dev etcd-server)
for package in packages/*.deb; do dpkg-deb -x "$package" root; done
(cd gopath/src/k8s.io && apt source kubernetes && mv kubernetes-*/ kubernetes)
case $(cd gopath/src/k8s.io && ls kubernetes_*.dsc) in
*1.20.2*) ;;
*)
  echo "the source package of Debian bookworm is not Kubernetes 1.20.2 any more" >&2
  exit 1
  ;;
esac

export GOROOT="$work/root/usr/lib/go-1.19" GOPATH="$work/gopath" GOCACHE="$work/gocache" GO111MODULE=off CGO_ENABLED=0
export GOFLAGS= PATH="$work/root/usr/lib/go-1.19/bin:$PATH"
cd gopath/src/k8s.io/kubernetes

# The vendored reflect2 reads maps in a way that Go 1.18 has changed: every decoded map would panic.
rm -rf vendor/github.com/modern-go/reflect2
cp -r "$work/root/usr/share/gocode/src/github.com/modern-go/reflect2" vendor/github.com/modern-go/

step "generating the OpenAPI definitions, which are not in the source package"
packages=$(
  grep -rl --include='*.go' '+k8s:openapi-gen=' pkg cmd plugin staging/src/k8s.io |
    grep -v -e /code-generator/ -e /sample-apiserver/ -e _test.go -e /zz_generated |
    xargs -n1 dirname | sort -u |
    sed -e 's,^staging/src/,k8s.io/kubernetes/vendor/,' -e '/^k8s.io/!s,^,k8s.io/kubernetes/,' | paste -sd,
)
nice -n 19 go build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
"$work/openapi-gen" -i "$packages" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
  -h hack/boilerplate/boilerplate.generatego.txt -r "$work/violations" >/dev/null

flags="-s -w"
for place in component-base/version client-go/pkg/version; do
  place=k8s.io/kubernetes/vendor/k8s.io/$place
  flags="$flags -X $place.gitVersion=$version -X $place.gitMajor=1 -X $place.gitMinor=20 -X $place.gitTreeState=clean"
done
for program in kube-apiserver kube-controller-manager kube-scheduler kubectl; do
  step "building $program"
  nice -n 19 go build -trimpath -ldflags "$flags" -o "$work/bin/$program" "k8s.io/kubernetes/cmd/$program"
done
cp "$work/root/usr/bin/etcd" "$work/bin/etcd"
