# The action's container. At the repository's root, because the runner's build context is the Dockerfile's own folder.
# Written for the classic builder too: no BuildKit feature is used.

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
# false builds in a fraction of the time, larger and slower to start: for tests. Releases are trimmed and compiled ahead of time.
ARG RELEASE=true
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/BannedSymbols.txt src/CodeMetricsConfig.txt src/
COPY src/SafeDeploy/SafeDeploy.csproj src/SafeDeploy/packages.lock.json src/SafeDeploy/
COPY src/SafeDeploy.Integrations/SafeDeploy.Integrations.csproj src/SafeDeploy.Integrations/packages.lock.json src/SafeDeploy.Integrations/
COPY src/SafeDeploy.Cli/SafeDeploy.Cli.csproj src/SafeDeploy.Cli/packages.lock.json src/SafeDeploy.Cli/
RUN dotnet restore src/SafeDeploy.Cli --runtime linux-x64 --locked-mode -p:PublishReadyToRun="$RELEASE"
COPY src src
# Analyzers ran where the sources were checked; here only the program is made.
RUN dotnet publish src/SafeDeploy.Cli --configuration Release --runtime linux-x64 --self-contained true --no-restore --output /publish \
      -p:PublishSingleFile=true -p:PublishReadyToRun="$RELEASE" -p:PublishTrimmed="$RELEASE" -p:RunAnalyzers=false -p:DebugType=none -p:PublishDocumentationFiles=false \
 && ln -s safe-deploy /publish/safe-deploy-post

FROM debian:bookworm-slim
# pg_dump refuses servers newer than itself. 15 is Debian's own; any other major comes from the PostgreSQL project's archive.
ARG PG_CLIENT_MAJOR=15
RUN set -eu; export DEBIAN_FRONTEND=noninteractive; \
    apt-get update -q; \
    apt-get install -qy --no-install-recommends ca-certificates libpg-query1504.0; \
    if [ "$PG_CLIENT_MAJOR" != 15 ]; then \
      apt-get install -qy --no-install-recommends postgresql-common; \
      /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y; \
    fi; \
    apt-get install -qy --no-install-recommends "postgresql-client-$PG_CLIENT_MAJOR"; \
    rm -rf /var/lib/apt/lists/* /usr/share/doc/* /usr/share/man/*
ENV DOTNET_RUNNING_IN_CONTAINER=true
LABEL org.opencontainers.image.title="safe-deploy" \
      org.opencontainers.image.description="Releases of multi-tenant backends as one recorded, reversible thing" \
      org.opencontainers.image.source="https://github.com/safe-deploy/migrate" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /publish /opt/safe-deploy
# Exec form: a shell in between would drop INPUT_DRY-RUN and swallow signals. No USER: the runner's files belong to whoever runs it.
ENTRYPOINT ["/opt/safe-deploy/safe-deploy"]
