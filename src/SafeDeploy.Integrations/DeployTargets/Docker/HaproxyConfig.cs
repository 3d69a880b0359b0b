using System.Globalization;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>What the managed front is told in its configuration; everything that moves is in <see cref="FrontMap"/>.</summary>
/// <param name="BluePort">Where instances of the slot listen; releases may differ.</param>
/// <param name="MostReplicas">Places for instances in each slot.</param>
public sealed record HaproxyConfig(string Service, int BluePort, int GreenPort, int MostReplicas)
{
    public const string Folder = "/etc/safe-deploy";
    public const string Path = Folder + "/haproxy.cfg";
    public const int Listen = 8080;
    public const int Control = 9999;

    /// <summary>The front's name on the control network alone; the control connection is bound to its address, so the application's network does not reach it.</summary>
    public const string ControlAlias = "safe-deploy-control";

    public string Text()
    {
        var text = FormattableString.Invariant($"""
            # Made by safe-deploy for "{Service}"; written again when it differs.
            global
                # Bound on the control network only: whoever reaches it moves traffic.
                stats socket ipv4@{ControlAlias}:{Control} level admin
                stats timeout 1h
                hard-stop-after 60s

            defaults
                mode http
                # The client's connection is kept, the server's is not: no request is lost to a server that closes an
                # idle connection, and a slot that got its last request is drained when that is answered.
                option http-server-close
                option redispatch
                # Only a connection that was not made is tried again, so nothing is ever sent twice.
                retries 3
                retry-on conn-failure
                timeout connect 2s
                timeout check 2s
                timeout http-request 30s
                timeout http-keep-alive 75s
                timeout client 5m
                timeout server 5m
                timeout tunnel 1h
                timeout queue 10s

            resolvers engine
                nameserver dns 127.0.0.11:53
                accepted_payload_size 8192
                resolve_retries 3
                timeout resolve 250ms
                timeout retry 500ms
                hold valid 250ms
                hold obsolete 1s
                # The engine's name service being away changes nothing.
                hold nx 10m
                hold other 10m
                hold refused 10m
                hold timeout 10m

            frontend {FrontMap.Front}
                bind :{Listen}
                http-request set-header X-Forwarded-Proto http unless {"{"} req.hdr(X-Forwarded-Proto) -m found {"}"}
                option forwardfor
                http-request set-var(txn.held) str({FrontMap.HeldKey}),map({FrontMap.Path},no)
                http-request return status 503 hdr Retry-After 5 content-type text/plain string "held for maintenance" if {"{"} var(txn.held) -m str yes {"}"}
                use_backend %[str({FrontMap.ServingKey}),map({FrontMap.Path},{FrontMap.Nobody})]

            backend {FrontMap.Nobody}
                http-request return status 503 hdr Retry-After 30 content-type text/plain string "no release serves"

            {Backend("blue", BluePort)}

            {Backend("green", GreenPort)}

            """);
        return text.ReplaceLineEndings("\n");
    }

    private string Backend(string slot, int port) => string.Create(CultureInfo.InvariantCulture, $"""
        backend {slot}
            balance leastconn
            default-server check inter 1s fastinter 500ms fall 2 rise 1 init-addr none
            server-template {slot} 1-{MostReplicas} {ContainerPlan.Alias(Service, slot)}:{port} resolvers engine
        """);
}
