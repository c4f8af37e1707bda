#!/usr/bin/perl

# `srv_registrar problem`: what nginx itself refuses comes in the same form as
# what the registrar refuses, by way of error_page and by no other.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->configure(
    http => 'limit_req_zone $binary_remote_addr zone=slow:1m rate=1r/m;',
    server => <<'END');
error_page 404 405 421 429 497 500 503 @problem;
location = /direct {
    srv_registrar problem;
}
location = /small {
    client_max_body_size 10;
    error_page 413 @problem;
    srv_registrar records;
}
location = /limited {
    limit_req zone=slow;
    srv_registrar records;
}
location = /status429 {
    return 429;
}
location = /status500 {
    return 500;
}
location = /again {
    error_page 401 @problem;
    srv_registrar records;
}
location = /internal {
    internal;
    srv_registrar records;
}
END
$t->start();

my $device = $t->device('device');
my $client = $t->{client};

$device->enroll();


sub get { return $t->request('GET', @_) }


my $reply = get('/nothing');

is(outcome($reply), '404 not-found', 'a location that is not there');
is($reply->{headers}{'content-type'}, 'application/problem+json',
   '... a problem');
is($reply->{headers}{'cache-control'}, 'no-store', '... not kept');
is($reply->{json}{status}, 404, '... with its status');
ok(length($reply->{json}{title}), '... and a title');

is(outcome(get('/direct')), '404 not-found', 'problem is no page of its own');
is(outcome(get('/internal')), '404 not-found', 'nor are internal locations');
is(outcome($t->request('PUT', '/small', body => 'x' x 11)),
   '413 body-too-large', 'client_max_body_size');
is(outcome(get('/status429')), '503 busy', 'status 429');
is(outcome(get('/status500')), '500 internal', 'status 500');
is(outcome(get('/again')), '401 signature-required',
   'a refusal of the registrar\'s own is not refused again');

is(outcome(get('/limited')), '401 signature-required', 'limit_req: the first');
$reply = get('/limited');
is(outcome($reply), '503 busy', 'limit_req: the second');
like($reply->{headers}{'retry-after'}, qr/^[1-5]$/, '... Retry-After');


# Requests that are none.

is(outcome($client->exchange("GET / HTTP/1.1\r\nHost: a b\r\n\r\n")),
   '400 bad-request', 'a Host that is none');
is(outcome($client->exchange("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n"
       . "\r\n")), '400 bad-request', 'two of them');
is(outcome($t->request('PUT', '/v1/records',
       headers => [['Content-Length', 'x']])), '400 bad-request',
   'a Content-Length that is none');
is(outcome($t->request('PUT', '/v1/records', body => '{}', headers => [
       ['Content-Length', 2], ['Transfer-Encoding', 'chunked']])),
   '400 bad-request', 'two ways to say how long a body is');

my $http = IO::Socket::INET->new(PeerAddr => $t->{address},
    PeerPort => $t->{port}) or die;

is(outcome(get('/v1/records', socket => $http)), '403 tls-required',
   'HTTP at the port of HTTPS');

is(outcome($device->show()), '200', 'and a good one is served');

done_testing();
