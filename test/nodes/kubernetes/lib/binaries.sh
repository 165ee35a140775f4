# shellcheck shell=sh
# The seven programs, static. Built without Go modules: the vendored tree does not satisfy a newer
# Go's `-mod=vendor`, so the tree goes where GOPATH mode looks for it.

go_build() {
  env -i PATH="$go_root/bin:/usr/bin:/bin" HOME="$cache/go" CGO_ENABLED=0 GO111MODULE=off GOPROXY=off \
    GOPATH="$cache/go/path" GOCACHE="$cache/go/cache" GOTMPDIR="$cache/go/tmp" "$@"
}

# The tarball lacks this one generated file: the API's description, made by the generator in vendor/.
generate_openapi() { # where to put the generator's report
  go_build go build -o "$1/openapi-gen" k8s.io/kubernetes/vendor/k8s.io/kube-openapi/cmd/openapi-gen
  packages=$(
    {
      described cmd pkg plugin | sed 's|^|k8s.io/kubernetes/|'
      described staging/src/k8s.io | grep -vE '/(code-generator|sample-apiserver)/' |
        sed 's|^staging/src/|k8s.io/kubernetes/vendor/|'
    } | paste -sd ,
  )
  go_build "$1/openapi-gen" --logtostderr -i "$packages" -p k8s.io/kubernetes/pkg/generated/openapi \
    -O zz_generated.openapi -h hack/boilerplate/boilerplate.generatego.txt -r "$1/openapi-report"
}

# Directories whose types are marked for that description.
described() { # directory...
  grep -rl --include='*.go' '+k8s:openapi-gen=' "$@" | grep -v '_test\.go$' | xargs -n 1 dirname | sort -u
}

version_flags() {
  for package in client-go/pkg/version component-base/version; do
    variable=k8s.io/kubernetes/vendor/k8s.io/$package
    printf -- '-X %s ' "$variable.gitVersion=$kubernetes_version" "$variable.gitMajor=1" \
      "$variable.gitMinor=20" "$variable.gitTreeState=archive" "$variable.gitCommit=$kubernetes_commit" \
      "$variable.buildDate=$kubernetes_date"
  done
}

# kubeadm signs for a year, by a constant. That certificates are renewed is seen with lives of minutes:
# of another kubeadm, which differs by this alone.
make_short_lived() { # directory
  constants=cmd/kubeadm/app/constants
  sed -i '/^\tCertificateValidity = time.Hour \* 24 \* 365$/d' "$constants/constants.go"
  ! grep -q '^.CertificateValidity' "$constants/constants.go"
  cp "$here/short-lived/validity.go" "$constants/"
  go_build go build -trimpath -ldflags "-s -w $(version_flags)" -o "$1/kubeadm-short-lived" ./cmd/kubeadm
}

make_binaries() { # directory
  tree=$cache/go/path/src/k8s.io/kubernetes
  rm -rf "$cache/go/path"
  mkdir -p "$cache/go/tmp" "$cache/go/cache" "$(dirname "$tree")"
  cp -a "$cache/source/kubernetes" "$tree"
  cd "$tree"
  generate_openapi "$cache/go/tmp"
  # shellcheck disable=SC2046,SC2086  # lists of words
  go_build go build -trimpath -ldflags "-s -w $(version_flags)" -o "$1/" \
    $(printf './cmd/%s ' $programs)
  make_short_lived "$1"
  cd "$1"
  for program in $programs; do
    # kubectl asks a server unless told not to; kubeadm has a command in place of the flag.
    case $program in
      kubectl) said=$(./kubectl version --client --short) ;;
      kubeadm) said=$(./kubeadm version -o short) ;;
      *) said=$("./$program" --version) ;;
    esac
    case $said in *"$kubernetes_version") ;; *) die "$program says it is '$said'" ;; esac
  done
}
