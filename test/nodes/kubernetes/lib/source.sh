# shellcheck shell=sh
# Kubernetes' source and the few Debian packages that go into its images. apt checks them against the
# archive's signature. It works in directories of its own: the machine's apt state stays as it is.

# The machine's own Debian archives, as sources.list lines of the given kind (deb or deb-src).
debian_archives() { # kind
  apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    sort -u | while read -r origin uri release component; do
    [ "$origin" != Debian ] ||
      echo "$1 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release $component"
  done
}

private_apt() { # directory arguments...
  apt_directory=$1
  shift
  apt-get -q -o APT::Sandbox::User=root -o Dir::Etc::sourcelist="$apt_directory/sources.list" \
    -o Dir::Etc::sourceparts=/dev/null -o Dir::State::Lists="$apt_directory/lists" \
    -o Dir::Cache="$apt_directory/cache" "$@"
}

make_source() { # directory
  mkdir -p apt/lists/partial apt/cache/archives/partial debs
  { debian_archives deb && debian_archives deb-src; } >apt/sources.list
  grep -q . apt/sources.list || die "this machine has no Debian archive configured"
  private_apt "$1/apt" update
  private_apt "$1/apt" source --only-source kubernetes
  (cd debs && private_apt "$1/apt" download golang-github-modern-go-reflect2-dev etcd-server)
  [ -d "kubernetes-$kubernetes_source" ] || die "Debian's kubernetes is not $kubernetes_source"
  for deb in debs/*.deb; do dpkg-deb -x "$deb" unpacked; done
  mv "kubernetes-$kubernetes_source" kubernetes
  # reflect2 1.0.1 walks maps through Go's internals as they were before 1.18: with a newer Go every
  # program that decodes JSON crashes sooner or later. Debian has the version that does not.
  reflect2=vendor/github.com/modern-go/reflect2
  rm -rf "kubernetes/$reflect2"
  cp -r unpacked/usr/share/gocode/src/github.com/modern-go/reflect2 "kubernetes/$reflect2"
  rm -rf apt ./*.tar.* ./*.dsc debs
}
