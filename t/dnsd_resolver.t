#!/usr/bin/perl

# Resolvers ask dnsd for everybody, and they are picky: they randomise
# the case of names and compare it, ask label by label and stop at an NXDOMAIN
# (so `_tcp.<device>` must be an empty non-terminal), send EDNS options that
# dnsd does not know, come again over TCP, and keep what they got for as long
# as its TTL says.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

use SrvRegistrar qw(wait_until);
use SrvRegistrar::Named;
use SrvRegistrar::Unbound;

use constant LEASE => 3;

# How much longer than its lease a record may be seen: TTLs are whole
# seconds on both sides, and the machine may be busy.
use constant SLACK => 3;

# More than a UDP answer takes (1232 bytes), over several records.
my @long_texts = map { chr(ord('a') + $_) x 250 } 0 .. 7;

my $missing = SrvRegistrar::Unbound->missing()
    // SrvRegistrar::Named->missing();

plan(skip_all => $missing) if defined($missing);

my $t = SrvRegistrar->new(zone_text => <<'END');
$ORIGIN devices.example.
$TTL 300
@      SOA    ns hostmaster 1 7200 900 1209600 60
       NS     ns
ns     A      192.0.2.53
www    CNAME  web
web    A      192.0.2.80
END

$t->configure(lease => '1s 2h 1d');
$t->start(dnsd => 1);

my $device = $t->device('device');
$device->enroll();

my $fqdn = $device->fqdn();
my $address = $t->{address};

register($device, 3600);

# name, type, RCODE, answers, in this order: what is asked first must not
# spoil what is asked later.
my @questions = (
    ["_tcp.$fqdn", 'A', 'NOERROR'],
    ["_xmpp-client._tcp.$fqdn", 'SRV', 'NXDOMAIN'],
    ["_udp.$fqdn", 'A', 'NXDOMAIN'],
    ["_xmpp-server._tcp.$fqdn", 'SRV', 'NOERROR', "SRV 0 0 15269 $fqdn."],
    ["_xmpp-server._tcp.$fqdn", 'TXT', 'NOERROR'],
    [uc("_xmpp-server._tcp.$fqdn"), 'SRV', 'NOERROR',
     "SRV 0 0 15269 $fqdn."],
    [$fqdn, 'AAAA', 'NOERROR'],
    [$fqdn, 'A', 'NOERROR', "A $address"],
    ["_long.$fqdn", 'TXT', 'NOERROR', map { "TXT $_" } @long_texts],
    ['0' x 32 . '.devices.example', 'A', 'NXDOMAIN'],
    ['devices.example', 'NS', 'NOERROR', 'NS ns.devices.example.'],
    ['www.devices.example', 'A', 'NOERROR', 'A 192.0.2.80',
     'CNAME web.devices.example.'],
);

my @manners = (
    ['Unbound', 'as it comes'],
    ['Unbound', 'with random case', 'use-caps-for-id: yes'],
    ['Unbound', 'with strict QNAME minimisation', 'qname-minimisation: yes',
     'qname-minimisation-strict: yes', 'harden-below-nxdomain: yes'],
    ['Unbound', 'over TCP', 'tcp-upstream: yes'],
    ['Unbound', 'with small buffers', 'edns-buffer-size: 512'],
    ['Named', 'as it comes'],
    ['Named', 'with strict QNAME minimisation', 'qname-minimization strict;'],
);

for my $manner (@manners) {
    my ($program, $how, @options) = @$manner;

    subtest("$program $how" => sub {
        my $resolver = resolver(@$manner);

        check_question($resolver, @$_) for @questions;
        unlike($resolver->log(), qr/Capsforid|caps fallback/i,
            'never in doubt about the case');
        unlike($resolver->log(), qr/lame|disabling EDNS|FORMERR/i,
            'never in doubt about the server');
    });
}

check_lease();

done_testing();


sub register
{
    my ($who, $lease) = @_;

    my $reply = $who->put({
        lease    => $lease,
        services => [{ service => '_xmpp-server._tcp', port => 15269 }],
        records  => [{ name => '_long', type => 'TXT',
                       data => [map { "\"$_\"" } @long_texts] }],
    }, source => $address);

    is($reply->{status}, 200, "registered for $lease s")
        or diag($reply->{body});
}


sub resolver
{
    my ($program, $how, @options) = @_;

    my $dir = $t->path("$program $how" =~ s/ /-/gr);
    mkdir($dir) or die "$dir: $!";

    unshift(@options, 'verbosity: 2') if $program eq 'Unbound';

    return "SrvRegistrar::$program"->new(
        dir     => $dir,
        address => $address,
        stubs   => { 'devices.example' => [$address, $t->{dns_port}] },
        options => \@options,
    )->start();
}


# RFC 2308: without a SOA a resolver cannot remember that there is nothing.

sub check_question
{
    my ($resolver, $name, $type, $rcode, @answers) = @_;

    my $reply = $resolver->query($name, $type);
    my @got = sort map { $_->type . ' ' . $_->rdstring =~ s/"//gr }
                   $reply->answer;
    my @authority = @got ? () : map { $_->type } $reply->authority;

    is_deeply(
        [$reply->header->rcode, @got, @authority],
        [$rcode, @answers ? sort @answers : 'SOA'],
        "$name $type",
    );
}


# The TTL served is never longer than the lease left, so no resolver keeps a
# record beyond it, although the zone's own TTL is a minute.

sub check_lease
{
    my $resolver = resolver('Unbound', 'and leases');
    my $short = $t->device('short');

    $short->enroll();

    my $name = '_xmpp-server._tcp.' . $short->fqdn();
    my $registered = time();

    register($short, LEASE);

    my ($record) = $resolver->query($name, 'SRV')->answer;
    ok($record, 'a short lease: found');
    cmp_ok($record ? $record->ttl : 99, '<=', LEASE, 'TTL within the lease');

    ok(wait_until(sub { !$resolver->query($name, 'SRV')->answer },
                  LEASE + SLACK), 'gone at the resolver with the lease');
    cmp_ok(time() - $registered, '>=', LEASE, 'and not before its end');
}
