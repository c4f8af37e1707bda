#!/usr/bin/perl

# A request line that nginx cannot read has no URI, with which nginx redirects
# to no named location: any scanner made it answer 500 and log an error.  By
# way of a path, as the documentation has it, it is a refusal like others.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->configure();

my $conf = $t->configuration();
my $example = do {
    open(my $file, '<', $t->ROOT . '/docs/examples/nginx.conf') or die($!);
    local $/;
    <$file>;
};
my ($page) = $example =~ /^\s*(error_page .*;)$/m;
my ($location) = $example =~ /^\s*(location .*problem; \})$/m;

$conf =~ s/error_page .*;/$page/;
$conf =~ s/location \@problem \{[^}]*\}/$location/;
$t->configure(full => $conf);
$t->start();
$t->device('device');

my $client = $t->{client};


sub refusal
{
    return outcome($client->exchange(@_));
}


is(refusal("PUT e5\"\r\n\r\n"), '400 bad-request', 'no URI');
is(refusal("PUT \xff HTTP/1.1\r\n\r\n"), '400 bad-request', 'no path');
is(refusal("\x16\x03\x01 /\r\n\r\n"), '400 bad-request', 'no method');
is(refusal("GET / HTTP/1.1\r\n\r\n"), '400 bad-request', 'no Host');
is(refusal($client->bytes('PUT', '/v1/records',
       headers => [['Content-Length', 2 << 20]])),
   '413 body-too-large', 'a large body');

$t->{certificates}->ca('other-ca');
$t->{certificates}->certificate('foreign', ca => 'other-ca');
is(outcome($t->request('POST', '/v1/enroll', cert => 'foreign')),
   '403 certificate-refused', 'a foreign certificate');
is(outcome($t->request('POST', '/v1/enroll', cert => 'device')), '201',
   'a device is served');
is($t->request('GET', '/problem')->{status}, 404, 'not there by itself');
unlike($t->read('error.log'), qr/empty URI/, 'and no error is logged');

done_testing();
