#!/usr/bin/perl

# What is added to an answer: the addresses of targets in the same zone, and of
# SVCB and HTTPS targets their records of that type (RFC 9460 4.1), so that a
# client need not ask again.  Never what stands in the answer already.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Dnsd;

my $d = SrvRegistrar::Dnsd->new();

$d->fill($d->ZONE . <<'END' . join('', map { <<"HOST" } 1 .. 20));
rr _s._tcp 300 SRV 1 2 3 mail
rr _t._tcp 300 SRV 1 2 3 www.other.test.
rr _n._tcp 300 SRV 0 0 0 .
rr svc 300 SVCB 1 pool alpn=dot
rr web 300 HTTPS 0 pool
rr pool 300 A 192.0.2.9
rr pool 300 HTTPS 1 . alpn=h2
rr pool 300 SVCB 1 . alpn=dot
rr own 300 HTTPS 1 own alpn=h2
rr own 300 A 192.0.2.10
rr ptr 300 PTR mail
device dev1
set @ A 60 +86400 203.0.113.7
set @ HTTPS 60 +86400 1 @ port=8443
set _a._tcp SRV 60 +86400 0 0 1 @
set _b._tcp SRV 60 +86400 0 0 1 box
set _b._tcp SRV 60 +86400 0 0 2 box
set _b._tcp SRV 60 +86400 0 0 3 @
set box AAAA 60 +86400 2001:db8::9
set box HTTPS 60 +86400 1 . port=9443
set _c HTTPS 60 +86400 1 box
device many
END
set _m._tcp SRV 60 +86400 0 0 $_ h$_
set h$_ A 60 +86400 203.0.113.$_
HOST
$d->start();

my @cases = (
    # name, type, additional records, what it is
    ['_s._tcp', 'SRV', ['mail A'], 'SRV'],
    ['_t._tcp', 'SRV', [], 'SRV to another zone'],
    ['_n._tcp', 'SRV', [], 'SRV to nothing'],
    ['', 'MX', ['mail A'], 'MX'],
    ['', 'NS', ['ns1 A', 'ns1 AAAA'], 'NS'],
    ['www', 'A', [], 'CNAME'],
    ['ptr', 'PTR', [], 'PTR'],
    ['svc', 'SVCB', ['pool A', 'pool SVCB'], 'SVCB'],
    ['web', 'HTTPS', ['pool A', 'pool HTTPS'], 'HTTPS'],
    ['own', 'HTTPS', ['own A'], 'HTTPS to its own owner'],
    ['pool', 'HTTPS', [], 'HTTPS with the target .'],
    ['dev1', 'HTTPS', ['dev1 A'], "a device's own"],
    ['_c.dev1', 'HTTPS', ['box.dev1 AAAA', 'box.dev1 HTTPS'],
     'below a device'],
    ['_a._tcp.dev1', 'SRV', ['dev1 A'], "a device's service"],
    ['_b._tcp.dev1', 'SRV', ['box.dev1 AAAA', 'dev1 A'],
     'each target once'],
    ['dev1', 'A', [], 'no target'],
);

for my $case (@cases) {
    my ($name, $type, $expected, $what) = @$case;

    $name .= '.' if $name ne '';

    my $reply = $d->query("${name}devices.example", $type);
    my @got = sort map {
        ($_->owner =~ s/\.devices\.example//r) . ' ' . $_->type
    } $reply->additional;

    is($reply->header->rcode, 'NOERROR', $what);
    is_deeply(\@got, $expected, '... ' . join(', ', @$expected));
}

my $many = $d->query('_m._tcp.many.devices.example', 'SRV', tcp => 1);

is(scalar($many->answer), 20, 'twenty targets');
is(scalar($many->additional), 16, '... of which sixteen are looked up');

is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();
