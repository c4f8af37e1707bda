#!/usr/bin/perl

# What nginx makes of a request on its way to the verifier: the cases of
# SrvRegistrar::SignatureTable that a client can send, as a GET with a body,
# which spends no signature, through nginx over HTTP/1.1 and some of them over
# HTTP/2, held against SrvRegistrar::Verifier.  t/signature_table.t has all of
# them, without nginx.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::SignatureTable qw(cases request);
use SrvRegistrar::Verifier qw(verdict);

use constant START => time();
use constant OVER_HTTP1 => 200;
use constant OVER_HTTP2 => 24;

my $t = SrvRegistrar->new();
my $port = $t->{dns_port};

$t->configure(server => 'large_client_header_buffers 4 48k;',
    servers => <<'END_SERVER');
server {
    listen %%ADDRESS%%:%%DNS_PORT%% ssl http2;
    server_name registrar.example;
    ssl_certificate %%DIR%%/server.pem;
    ssl_certificate_key %%DIR%%/server.key;
    location = /v1/records { srv_registrar records; }
}
END_SERVER
$t->start();

my $device = $t->device('device');

is(outcome($device->enroll()), '201', 'enrolled');

my $key = { keyid => $device->keyid, key => $device->{key},
            algorithm => 'hmac-sha256' };


# True where these bytes are a request to any HTTP/1.1 or HTTP/2: no control
# characters but tabs, and a field has a name.

sub sendable
{
    my ($case) = @_;

    my ($name, %change) = @$case;

    return 0 if grep { exists($change{$_}) } qw(method scheme authority path);
    return 0 if defined($change{query}) && $change{query} =~ /[^!-~]/;

    # the clock goes on between here and there: no times but the first
    return 0 if grep { $_ != START }
        (ref($change{input}) ? '' : $change{input} // '') =~
        /(?:created|expires)=(\d{10})\b/g;

    return !grep { $_->[1] =~ /[^\t -~\x80-\xff]/ }
        @{ request($key, target(), %change)->{headers} };
}


sub target
{
    my ($at) = @_;

    return (method => 'GET', path => '/v1/records', body => '{}',
        authority => 'registrar.example:' . ($at // $t->{port}));
}


# What nginx hands on of it, and what came back.

sub http1
{
    my ($request) = @_;

    return $t->request('GET', path($request), body => $request->{body},
        headers => $request->{headers});
}


sub http2
{
    my ($request) = @_;

    my @fields = map { ('-H', length($_->[1]) ? "$_->[0]: $_->[1]"
        : "$_->[0];") } @{ $request->{headers} };
    my $output = SrvRegistrar::run('curl', '-sSk', '--http2', '--resolve',
        "registrar.example:$port:$t->{address}", '-X', 'GET', '-w',
        "\n%{http_code} %{http_version}", '--data-binary', $request->{body},
        @fields, "https://registrar.example:$port" . path($request));
    my ($body, $status, $version) = $output =~ /^(.*)\n(\d+) (\S+)$/s
        or return undef;

    return { status => $version eq '2' ? $status : "HTTP/$version",
             json => scalar(eval { JSON::PP::decode_json($body) }) };
}


sub path
{
    my ($request) = @_;

    return $request->{path} . (defined($request->{query})
        ? "?$request->{query}" : '');
}


# Of a size that nginx takes over HTTP/2, too.

sub short
{
    my ($case) = @_;

    my ($name, %change) = @$case;
    my $request = request($key, target(), %change);

    return length(join('', map { @$_ } @{ $request->{headers} })) < 4000;
}


sub compare
{
    my ($how, $send, $at, @cases) = @_;

    my (@differ, %seen);

    for my $case (@cases) {
        my ($name, %change) = @$case;
        my $request = request($key, target($at), %change);
        my $ours = verdict($request, $key, time());
        my $theirs = outcome($send->($request));

        $theirs =~ s/^(?:200$|\d+ )//;
        $theirs = 'ok' if $theirs eq '';
        $seen{$theirs}++;
        push(@differ, "$name: nginx: $theirs, the verifier: $ours")
            if $theirs ne $ours;
    }

    is(scalar(@differ), 0, "$how: " . @cases . ' requests')
        or diag(join("\n", @differ));
    ok($seen{ok} && $seen{'signature-malformed'},
        '... ' . join(', ', map { "$_: $seen{$_}" } sort(keys(%seen))));
}


# Every nth, so that all sorts are among them.

sub some
{
    my ($n, @cases) = @_;

    my $step = @cases / $n;

    return @cases[map { int($_ * $step) } 0 .. $n - 1];
}


my @cases = grep { sendable($_) } cases($key->{keyid}, START);

cmp_ok(scalar(@cases), '>', 2000, scalar(@cases) . ' can be sent');
compare('HTTP/1.1', \&http1, $t->{port}, some(OVER_HTTP1, @cases));

SKIP: {
    skip('this curl has no HTTP/2', 2) if `curl --version` !~ /\bHTTP2\b/;

    compare('HTTP/2', \&http2, $port, some(OVER_HTTP2,
        grep { short($_) } @cases));
}

done_testing();
