#!/usr/bin/perl

# What curl 8.22 sends for --httpsig, to the byte: devices have it at hand, so
# it has to pass as it is.  With a curl that can do it, curl itself is asked.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256 sha256_base64);
use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(decode_base64url encode_base64);
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();
$t->start();

my $device = $t->device('device');

$device->enroll();

my $secret = decode_base64url($device->{key}{k});
my $host = "registrar.example:$t->{port}";


# The components are curl's; so are the label and the order of parameters:
# created, keyid, alg.

sub curl_like
{
    my ($method, $target, $body) = @_;

    my ($path, $query) = split(/\?/, $target, 2);
    my $digest = 'sha-256=:' . sha256_base64($body // '') . '=:';
    my @lines = ("\"\@method\": $method", "\"\@authority\": $host",
                 "\"\@path\": $path");

    push(@lines, "\"\@query\": ?$query") if length($query // '');
    push(@lines, "\"content-digest\": $digest") if defined($body);

    my $params = '(' . join(' ', map { /^(".*?")/ } @lines) . ')'
        . ";created=" . $device->created() . ';keyid="' . $device->keyid
        . '";alg="hmac-sha256"';
    my $base = join("\n", @lines, "\"\@signature-params\": $params");

    return outcome($t->request($method, $target, body => $body, headers => [
        ['Host', $host],
        ['Signature-Input', "sig1=$params"],
        ['Signature', 'sig1=:'
            . encode_base64(hmac_sha256($base, $secret), '') . ':'],
        ['User-Agent', 'curl/8.22.0'],
        ['Accept', '*/*'],
        defined($body) ? ['Content-Digest', $digest] : (),
    ]));
}


is(curl_like('PUT', '/v1/records',
    '{"services":[{"service":"_xmpp-server._tcp","port":15269}]}'), '200',
   'PUT with a digest');
is(curl_like('PATCH', '/v1/records', '{}'), '200', 'PATCH');
is(curl_like('PATCH', '/v1/records', undef), '200', 'PATCH without a body');
is(curl_like('GET', '/v1/records', undef), '200', 'GET');
is(curl_like('GET', '/v1/records?pretty=1', undef), '200', 'a query');
is(curl_like('DELETE', '/v1/records', undef), '200', 'DELETE');


SKIP: {
    my $help = `curl --help all 2>/dev/null` // '';

    skip('this curl has no --httpsig', 1) if $help !~ /--httpsig/;

    my $key = $t->path('curl.key');

    $t->write('curl.key', unpack('H*', $secret));
    $device->created();
    select(undef, undef, undef, 1.1);          # curl takes the time itself

    my $code = `curl -s -o /dev/null -w '%{http_code}' --cacert @{[
        $t->path('server-ca.pem') ]} --resolve $host:$t->{address} \\
        --httpsig hmac-sha256 --httpsig-key \@$key --httpsig-keyid @{[
        $device->keyid ]} https://$host/v1/records`;

    is($code, '200', 'curl');
}

done_testing();
