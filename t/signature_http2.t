#!/usr/bin/perl

# The same signatures over HTTP/2, where the authority and the path are fields
# of their own and the request resumes after its commit on a stream.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json);
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::Signature qw(sign);

plan(skip_all => 'this curl has no HTTP/2')
    if `curl --version` !~ /\bHTTP2\b/;

my $t = SrvRegistrar->new();
my $port = $t->{dns_port};

# A port of its own: "http2" belongs to a listening socket.
$t->configure(servers => <<'END');
server {
    listen %%ADDRESS%%:%%DNS_PORT%% ssl http2;
    server_name registrar.example;
    ssl_certificate %%DIR%%/server.pem;
    ssl_certificate_key %%DIR%%/server.key;
    ssl_client_certificate %%DIR%%/manufacturer.pem;
    ssl_verify_client optional;
    location = /v1/enroll { srv_registrar enroll; }
    location = /v1/records { srv_registrar records; }
}
END
$t->start();

my $device = $t->device('device');
my $url = "https://registrar.example:$port/v1/records";


# Runs curl; the reply as SrvRegistrar::Client gives it.

sub curl
{
    my (@args) = @_;

    open(my $pipe, '-|', 'curl', '-sS', '--http2', '--cacert',
        $t->path('server-ca.pem'), '--resolve',
        "registrar.example:$port:$t->{address}", '-w',
        "\n%{http_code} %{http_version}", @args) or die("curl: $!");

    my $output = do { local $/; <$pipe> };

    close($pipe);

    my ($body, $status, $version) = $output =~ /^(.*)\n(\d+) (\S+)$/s
        or return undef;

    return { status => $status, version => $version,
             json => eval { decode_json($body) } };
}


sub signed
{
    my ($method, $target, $body, %sign) = @_;

    my @fields = sign(method => $method, url => $target, body => $body,
        keyid => $device->keyid, key => $device->{key},
        created => $device->created(), %sign);
    my @args = ('-X', $method);

    while (my ($name, $value) = splice(@fields, 0, 2)) {
        push(@args, '-H', "$name: $value");
    }

    push(@args, '--data-binary', $body) if defined($body);

    return curl(@args, $target);
}


my $reply = curl('-X', 'POST', '--cert', $t->path('device.pem'), '--key',
    $t->path('device.key'), "https://registrar.example:$port/v1/enroll");

is(outcome($reply), '201', 'enrolled');
is($reply->{version}, '2', 'over HTTP/2');
is($reply->{json}{records_url}, $url, 'records_url');
$device->keep($reply->{json});

is(outcome(signed('PUT', $url,
    '{"services":[{"service":"_xmpp-server._tcp","port":15269}]}')), '200',
   'PUT');
$reply = signed('GET', $url);
is(outcome($reply), '200', 'GET');
is_deeply([map { $_->{data}[0] } grep { $_->{type} eq 'SRV' }
    @{ $reply->{json}{records} }], ['0 0 15269 ' . $device->fqdn . '.'],
    'what was put');
is(outcome(signed('PATCH', "$url?a=b", '{}')), '200', 'a query');
is(outcome(signed('PATCH', $url, '{}', values => { '@path' => '/x' })),
   '401 signature-invalid', 'another path');
is(outcome(signed('PATCH', $url, '{}',
    values => { '@authority' => 'registrar.example' })),
   '401 signature-invalid', 'another authority');
is(outcome(signed('PATCH', $url, '{"lease": "x"}')),
   '422 member-invalid lease', 'a refusal');
is(outcome(signed('PUT', $url, 'x' x 16385)), '413 body-too-large',
   'a body too large');
is(outcome(curl('-X', 'PUT', '--data-binary', '{}', $url)),
   '401 signature-required', 'no signature');
is(outcome(signed('DELETE', $url)), '200', 'DELETE');


# Many streams of one connection, in flight at once.

my $h2load = SrvRegistrar::Process::program('h2load');

SKIP: {
    skip('no h2load', 1) if !$h2load;

    my @fields = sign(method => 'GET', url => $url, keyid => $device->keyid,
        key => $device->{key});
    my @args;

    while (my ($name, $value) = splice(@fields, 0, 2)) {
        push(@args, '-H', "$name: $value");
    }

    my $output = SrvRegistrar::run($h2load, '-n', 200, '-c', 2, '-m', 32,
        @args, '-H', ":authority: registrar.example:$port",
        "https://$t->{address}:$port/v1/records");

    like($output, qr/200 succeeded, 0 failed/, '200 streams')
        or diag($output);
}

done_testing();
