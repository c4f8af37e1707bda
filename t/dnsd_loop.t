#!/usr/bin/perl

# Two servers, and packets that seem to come from the one to the other ("loop
# DoS"): what each answers once, the other must not answer in its turn, errors
# least of all.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Socket qw(AF_INET SOCK_RAW inet_aton pack_sockaddr_in);
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(free_port wait_until);

plan(skip_all => 'packets are forged by root') if $> != 0;
socket(my $raw, AF_INET, SOCK_RAW, 255)
    or plan(skip_all => "no raw sockets: $!");

my $one = SrvRegistrar::Dnsd->new();
my $other = SrvRegistrar::Dnsd->new(
    address => $one->{address} =~ s/^127\.(\d+)/'127.' . ($1 - 64)/er);

for my $d ($one, $other) {
    $d->fill($d->ZONE . $d->DEVICE);
    $d->start('--threads', 1);
}

my $question = SrvRegistrar::Dnsd::wire_name('dev1.devices.example')
    . pack('nn', 1, 1);
my @packets = (
    # bytes, whether they are answered
    [SrvRegistrar::Dnsd::raw(rest => $question), 1],
    [SrvRegistrar::Dnsd::raw(rest => "$question\0"), 1],
    [SrvRegistrar::Dnsd::raw(qd => 0), 1],
    [SrvRegistrar::Dnsd::raw(flags => 0x2800), 1],
    [SrvRegistrar::Dnsd::raw(rest => "\1x\0\0\1\0\1"), 1],
    [SrvRegistrar::Dnsd::raw(flags => 0x8001), 0],
    [SrvRegistrar::Dnsd::raw(flags => 0x8000, rest => $question), 0],
    [SrvRegistrar::Dnsd::raw(flags => 0xf804), 0],
);

forge($one, $other, $_->[0]) for @packets;

my $answered = grep { $_->[1] } @packets;
my $dropped = @packets - $answered;

ok(wait_until(sub { $one->counters()->{dropped} >= $answered }),
   'each answer arrives at the other');
is(total($one), $answered, '... and nothing more');
is($one->counters()->{dropped}, $answered, '... all of it is dropped');
is(total($other), scalar(@packets), 'what was forged was all that came');
is($other->counters()->{dropped}, $dropped, '... its replies are dropped');

for my $d ($one, $other) {
    is($d->stop(), 0, 'stopped');
    $d->finish();
}

done_testing();


# IPv4 and UDP headers and the bytes; the checksum of the first is the
# kernel's work, that of the second may be left out.

sub forge
{
    my ($from, $to, $bytes) = @_;

    my $udp = pack('n4', $from->{port}, $to->{port}, 8 + length($bytes), 0)
        . $bytes;
    my $packet = pack('CCnnnCCn a4a4', 0x45, 0, 20 + length($udp), 0, 0, 64,
        17, 0, inet_aton($from->{address}), inet_aton($to->{address})) . $udp;

    send($raw, $packet, 0, pack_sockaddr_in(0, inet_aton($to->{address})))
        or die("send: $!");
}


sub total
{
    my ($d) = @_;

    my $counters = $d->counters();
    my $total = 0;

    $total += $counters->{$_} // 0 for qw(dropped NOERROR NODATA NXDOMAIN
        truncated REFUSED FORMERR NOTIMP BADVERS SERVFAIL BADCOOKIE
        NOTAUTH);

    return $total;
}
