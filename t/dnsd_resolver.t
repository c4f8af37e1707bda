#!/usr/bin/perl

# Resolvers ask dnsd for everybody, and they are picky: they randomise
# the case of names and compare it, ask label by label and stop at an NXDOMAIN
# (so `_tcp.<device>` must be an empty non-terminal), send EDNS options that
# dnsd does not know, come again over TCP, and keep what they got for as long
# as its TTL says.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time);

use SrvRegistrar::Dnsd;
use SrvRegistrar::Named;
use SrvRegistrar::Process qw(wait_until);
use SrvRegistrar::Unbound;

use constant LEASE => 3;

# How much longer than its lease a record may be seen: TTLs are whole
# seconds on both sides, and the machine may be busy.
use constant SLACK => 20;

# More than a UDP answer takes (1232 bytes), over several records.
my @long_texts = map { chr(ord('a') + $_) x 250 } 0 .. 7;

my $missing = SrvRegistrar::Unbound->missing()
    // SrvRegistrar::Named->missing();

plan(skip_all => $missing) if defined($missing);

my $d = SrvRegistrar::Dnsd->new();

$d->fill($d->ZONE . $d->DEVICE
    . join('', map { "set _long TXT 60 +86400 \"$_\"\n" } @long_texts));
$d->start();

my $fqdn = 'dev1.devices.example';

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
    [$fqdn, 'TXT', 'NOERROR'],
    [$fqdn, 'A', 'NOERROR', 'A 203.0.113.7'],
    [$fqdn, 'AAAA', 'NOERROR', 'AAAA 2001:db8::7'],
    ["_long.$fqdn", 'TXT', 'NOERROR', map { "TXT $_" } @long_texts],
    ['nobody.devices.example', 'A', 'NXDOMAIN'],
    ['er.static.devices.example', 'A', 'NOERROR'],
    ['devices.example', 'MX', 'NOERROR', 'MX 10 mail.devices.example.'],
    ['www.devices.example', 'A', 'NOERROR', 'A 192.0.2.2',
     'CNAME mail.devices.example.'],
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

$d->finish();
done_testing();


sub resolver
{
    my ($program, $how, @options) = @_;

    my $dir = "$d->{dir}/" . "$program $how" =~ s/ /-/gr;
    mkdir($dir) or die "$dir: $!";

    unshift(@options, 'verbosity: 2') if $program eq 'Unbound';

    return "SrvRegistrar::$program"->new(
        dir     => $dir,
        address => $d->{address},
        stubs   => { 'devices.example' => [$d->{address}, $d->{port}] },
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
# record beyond it, although the record's own TTL is a minute.

sub check_lease
{
    my $resolver = resolver('Unbound', 'and leases');
    my $name = '_xmpp-server._tcp.short.devices.example';
    my $lease = LEASE;
    my $start = time();

    $d->fill(<<"END");
zone devices.example
device short
set _xmpp-server._tcp SRV 60 +$lease 0 0 15269 @
END

    my ($record) = $resolver->query($name, 'SRV')->answer;
    ok($record, 'a short lease: found');
    cmp_ok($record ? $record->ttl : 60, '<=', LEASE, 'TTL within the lease');

    ok(wait_until(sub { !$resolver->query($name, 'SRV')->answer },
                  LEASE + SLACK), 'gone at the resolver with the lease');
    cmp_ok(time() - $start, '>=', LEASE - 1, 'and not long before its end');
}
