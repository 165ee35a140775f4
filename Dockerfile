# The agent with the programs it drives: nginx (with stream) and lego.
#
#   docker build -t mobiledgex/mexosagent .    builds the agent, too, from this tree alone
#   ./dev image                                takes the agent that ./dev build made on this machine
#
# Running it: docs/container.md.
ARG BASE=debian:12-slim

# Everything that runs but the agent itself. Documentation, package lists and what only dpkg needs is
# left out by copying the rest into an empty image: that saves a fifth.
FROM ${BASE} AS packages
# Further Debian packages, with blanks between.
ARG PACKAGES=
COPY packaging/image/packages packaging/image/shrink /tmp/
RUN { sed -e 's/#.*//' /tmp/packages; echo "${PACKAGES}"; } > /tmp/wanted \
    && apt-get update \
    && DEBIAN_FRONTEND=noninteractive xargs -a /tmp/wanted apt-get install -y --no-install-recommends \
    && /tmp/shrink \
    && mkdir -p /var/lib/mexosagent /var/www/.cache /k8sopenstack \
    && rm -rf /tmp/*

FROM scratch AS runtime
COPY --from=packages / /
LABEL org.opencontainers.image.title="mexosagent" \
      org.opencontainers.image.description="Kubernetes clusters on OpenStack, and the way in to them" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin
# What lasts; give it a name (-v mexosagent:/var/lib/mexosagent), or --rm takes it along.
VOLUME /var/lib/mexosagent
# With other ports than the usual (-rest), say --health-cmd "mexosagent -check_health -rest :PORT".
HEALTHCHECK --interval=5s --timeout=6s --start-period=10s CMD ["mexosagent", "-check_health"]
# As `docker stop` says it; the agent drains for 8 of the 10 seconds it is given.
STOPSIGNAL SIGTERM
ENTRYPOINT ["mexosagent"]

FROM runtime AS prebuilt
COPY build/image/mexosagent /usr/bin/mexosagent
ARG VERSION=0.1.0
LABEL org.opencontainers.image.version="${VERSION}"

FROM ${BASE} AS build
WORKDIR /src
COPY . .
RUN ./dev build release mexosagent && strip -o /mexosagent build/release/bin/mexosagent

FROM runtime AS image
COPY --from=build /mexosagent /usr/bin/mexosagent
ARG VERSION=0.1.0
LABEL org.opencontainers.image.version="${VERSION}"
