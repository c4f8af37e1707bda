#!/usr/bin/perl

# Leases are enforced when a query is answered, with nobody there to sweep:
# the TTL never exceeds what is left, and what has run out does not exist, nor
# do the empty names above it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(wait_until);

my $d = SrvRegistrar::Dnsd->new();

$d->fill($d->ZONE . <<'END');
device mixed
set @ A 60 +86400 203.0.113.7
set @ AAAA 60 +5 2001:db8::7
set _xmpp-server._tcp SRV 60 +5 0 0 15269 @
set keeps TXT 60 0 "no lease"
device brief
set @ A 3600 +5 203.0.113.8
set a.b TXT 3600 +5 "x"
device late
set @ A 60 1000000000 203.0.113.9
END
$d->start();


sub rcode
{
    my ($name, $type) = @_;

    return $d->query("$name.devices.example", $type)->header->rcode;
}


sub ttl
{
    my ($name, $type) = @_;

    my ($rr) = $d->query("$name.devices.example", $type)->answer;

    return $rr ? $rr->ttl : 'none';
}


is(ttl('mixed', 'A'), 60, 'a long lease leaves the TTL as it is');
is(ttl('keeps.mixed', 'TXT'), 60, 'and so does none');
cmp_ok(ttl('brief', 'A'), '<=', 5, 'the TTL is at most what is left');
cmp_ok(ttl('brief', 'A'), '>', 0, '... and above zero');
is(rcode('b.brief', 'TXT'), 'NOERROR', 'an empty name above a live one');
is(rcode('late', 'A'), 'NXDOMAIN', 'a lease that ran out long ago');

my $srv = $d->query('_xmpp-server._tcp.mixed.devices.example', 'SRV');
my %ttl = map { $_->type => $_->ttl } $srv->answer, $srv->additional;

cmp_ok($ttl{SRV}, '<=', 5, 'SRV: what is left');
is($ttl{A}, 60, '... the address has its own lease');
cmp_ok($ttl{AAAA}, '<=', 5, '... for each family');

my @seen;
ok(wait_until(sub {
    my $ttl = ttl('brief', 'A');

    push(@seen, $ttl);
    return $ttl eq 'none';
}), 'the lease runs out');
is(join(' ', grep { $_ eq '0' } @seen), '', 'no TTL of zero on the way');
is(join(' ', sort { $b <=> $a } grep { /\d/ } @seen),
   join(' ', grep { /\d/ } @seen), 'TTLs only went down');

is(rcode('brief', 'A'), 'NXDOMAIN', 'the name is gone');
is(rcode('a.b.brief', 'TXT'), 'NXDOMAIN', 'and the one below');
is(rcode('b.brief', 'TXT'), 'NXDOMAIN', 'and the empty one between');

is(rcode('mixed', 'AAAA'), 'NOERROR', 'one family ran out: NODATA');
is(ttl('mixed', 'A'), 60, '... the other lives');
is(rcode('_tcp.mixed', 'SRV'), 'NXDOMAIN', 'the service is gone');
is(ttl('keeps.mixed', 'TXT'), 60, 'what has no lease stays');

is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();
