# The action's container. At the repository's root, because the runner's build context is the Dockerfile's own folder.
# Written for the classic builder too: no BuildKit feature is used.

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS sdk

# Native code is linked against the C library of where it is made: that is the final image's own, not the newer one of the SDK's image.
FROM debian:bookworm-slim AS build
# false builds in a fraction of the time, larger and slower to start: for tests. Releases are native code.
ARG RELEASE=true
RUN set -eu; export DEBIAN_FRONTEND=noninteractive; \
    apt-get update -q; \
    apt-get install -qy --no-install-recommends ca-certificates libssl3 libstdc++6 zlib1g; \
    if [ "$RELEASE" = true ]; then apt-get install -qy --no-install-recommends gcc libc6-dev; fi
COPY --from=sdk /usr/share/dotnet /usr/share/dotnet
# Packages that the SDK's image brings are not fetched again.
ENV PATH=/usr/share/dotnet:$PATH NUGET_PACKAGES=/usr/share/dotnet/packages DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/BannedSymbols.txt src/CodeMetricsConfig.txt src/
COPY src/SafeDeploy/SafeDeploy.csproj src/SafeDeploy/packages*.json src/SafeDeploy/
COPY src/SafeDeploy.Integrations/SafeDeploy.Integrations.csproj src/SafeDeploy.Integrations/packages*.json src/SafeDeploy.Integrations/
COPY src/SafeDeploy.Cli/SafeDeploy.Cli.csproj src/SafeDeploy.Cli/packages*.json src/SafeDeploy.Cli/
# The packages were audited where the sources were checked.
RUN dotnet restore src/SafeDeploy.Cli --runtime linux-x64 --locked-mode -p:PublishAot="$RELEASE" -p:SelfContained=true -p:NuGetAudit=false
COPY src src
COPY docs/rules docs/rules
# Analyzers ran where the sources were checked; here only the program is made.
RUN set -eu; \
    if [ "$RELEASE" = true ]; then how=-p:NativeDebugSymbols=false; else how=-p:PublishSingleFile=true; fi; \
    dotnet publish src/SafeDeploy.Cli --configuration Release --runtime linux-x64 --self-contained true --no-restore --output /publish \
      -p:PublishAot="$RELEASE" "$how" -p:RunAnalyzers=false -p:DebugType=none -p:PublishDocumentationFiles=false; \
    ln -s safe-deploy /publish/safe-deploy-post

# Four programs of the PostgreSQL client, without the package's wrappers: these would bring Perl, more than everything else together.
FROM debian:bookworm-slim AS client
# pg_dump refuses servers newer than itself. 15 is Debian's own; any other major comes from the PostgreSQL project's archive.
ARG PG_CLIENT_MAJOR=15
WORKDIR /packages
RUN set -eu; export DEBIAN_FRONTEND=noninteractive; \
    apt-get update -q; \
    if [ "$PG_CLIENT_MAJOR" != 15 ]; then \
      apt-get install -qy --no-install-recommends ca-certificates postgresql-common; \
      /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y; \
    fi; \
    apt-get download "postgresql-client-$PG_CLIENT_MAJOR" libpq5; \
    dpkg -x postgresql-client-*.deb /files; \
    mkdir -p "/client/lib/postgresql/$PG_CLIENT_MAJOR/bin" /client/bin; \
    for tool in pg_dump pg_dumpall pg_restore psql; do \
      cp "/files/usr/lib/postgresql/$PG_CLIENT_MAJOR/bin/$tool" "/client/lib/postgresql/$PG_CLIENT_MAJOR/bin/"; \
      ln -s "../lib/postgresql/$PG_CLIENT_MAJOR/bin/$tool" "/client/bin/$tool"; \
    done; \
    rm postgresql-client-*.deb

FROM debian:bookworm-slim
RUN set -eu; export DEBIAN_FRONTEND=noninteractive; \
    apt-get update -q; \
    apt-get install -qy --no-install-recommends ca-certificates libpg-query1504.0 libssl3 zlib1g; \
    rm -rf /var/lib/dpkg/*-old /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/* /usr/share/doc/* /usr/share/man/* /usr/share/locale/*
# The client's own libpq, as a package: it has its dependencies, and scanners know it.
COPY --from=client /packages /packages
RUN set -eu; export DEBIAN_FRONTEND=noninteractive; \
    apt-get update -q; \
    apt-get install -qy --no-install-recommends libreadline8 /packages/libpq5_*.deb; \
    rm -rf /packages /var/lib/dpkg/*-old /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/* /usr/share/doc/* /usr/share/man/* /usr/share/locale/*
COPY --from=client /client /usr
ENV DOTNET_RUNNING_IN_CONTAINER=true
LABEL org.opencontainers.image.title="safe-deploy" \
      org.opencontainers.image.description="Releases of multi-tenant backends as one recorded, reversible thing" \
      org.opencontainers.image.source="https://github.com/safe-deploy/migrate" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /publish /opt/safe-deploy
# Exec form: a shell in between would drop INPUT_DRY-RUN and swallow signals. No USER: the runner's files belong to whoever runs it.
ENTRYPOINT ["/opt/safe-deploy/safe-deploy"]
