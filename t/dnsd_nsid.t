#!/usr/bin/perl

# What dnsd says of itself and of its errors, to dig and kdig: NSID, names in
# class CH, extended errors, the keepalive of TCP.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(wait_until);

use constant NAME => 'dev1.devices.example';

my $d = SrvRegistrar::Dnsd->new();

# No store yet.

$d->allow_log(qr/^dnsd: (?:store: |no mistakes found|--nsid )/);
$d->start();
like(dig('+nsid', NAME), qr/status: SERVFAIL.*EDE: 14 \(Not Ready\)/s,
     'without a store');
like(dig('+noedns', NAME), qr/status: SERVFAIL/, '... without EDNS');
unlike(dig('+noedns', NAME), qr/EDE/, '... no code');

$d->fill($d->ZONE . $d->DEVICE);
ok(wait_until(sub { dig(NAME) =~ /status: NOERROR/ }), 'with one');

unlike(dig('+nsid', NAME), qr/NSID: \S/, 'no NSID where none is configured');
like(dig("$_ CH TXT"), qr/status: REFUSED.*EDE: 20 \(Not Auth/s,
     "$_ is refused") for qw(version.bind id.server hostname.bind x.y);

like(dig('x.example A'), qr/status: REFUSED.*EDE: 20 \(Not Authoritative\)/s,
     'another zone');
like(dig('devices.example AXFR +tcp +besteffort'), qr/Transfer failed/,
     'a transfer');
like(dig('+edns=1', '+noednsnegotiation', NAME), qr/status: BADVERS/,
     'another version of EDNS');
unlike(dig("absent.devices.example"), qr/EDE/, 'NXDOMAIN is no error');
is($d->stop(), 0, 'stopped');

$d->start('--nsid', 'fra1.example', '--identity', '0x666f6f', '--version-text',
          'one of "these"');
like(dig('+nsid', NAME), qr/NSID: .* \("fra1\.example"\)/, 'NSID for dig');
like(kdig('+nsid', NAME), qr/NSID: \S+ "fra1\.example"/, '... and kdig');
like(kdig('+nsid', '+tcp', NAME), qr/NSID: \S+ "fra1\.example"/,
     '... by TCP');
unlike(dig(NAME), qr/NSID/, 'only for who asks');
is(dig("$_ CH TXT +short"), "\"one of \\\"these\\\"\"\n", $_)
    for qw(version.bind version.server VERSION.Bind);
is(dig("$_ CH TXT +short"), "\"foo\"\n", $_) for qw(id.server hostname.bind);
like(dig('version.bind CH A'), qr/status: NOERROR.*ANSWER: 0/s,
     'another type of it');
is(dig('version.bind CH TXT +noall +answer') =~ s/\s+/ /gr,
   'version.bind. 0 CH TXT "one of \"these\"" ', 'TTL and class');
like(dig('version.bind IN TXT'), qr/status: REFUSED/, 'not in class IN');

is($d->stop(), 0, 'stopped');
$d->start('--nsid', '0x00ff', '--tcp-idle', 7);
like(dig('+nsid', NAME), qr/NSID: 00 ff/, 'NSID of bytes');

# The keepalive of TCP: asked for by an empty option, in tenths of a second.

is(keepalive(tcp => 1), 70, 'a keepalive');
is(keepalive(tcp => 1, option => ''), undef, '... for nobody who did not ask');
is(keepalive(tcp => 1, option => pack('nnn', 11, 2, 5)), 'RCODE 1',
   '... nor by an option that says something');
is(keepalive(), undef, 'none by UDP');
is(keepalive(option => pack('nnn', 11, 2, 5)), undef, '... whatever it has');
is($d->stop(), 0, 'stopped');

my @options = ('--store', $d->{store}, '--listen',
               "$d->{address}\@$d->{port}", '--check');

is(($d->run(@options, '--nsid', $_))[0], 1, "--nsid " . substr($_, 0, 9))
    for '', '0x', '0x1', '0xgg', 'x' x 256, '0x' . '00' x 256;
is(($d->run(@options, '--nsid', $_))[0], 0, "--nsid " . substr($_, 0, 9))
    for 'x' x 255, '0x' . '00' x 255, '0X1';

$d->finish();
done_testing();


sub dig
{
    return client('dig', @_);
}


sub kdig
{
    return client('kdig', @_);
}


sub client
{
    my ($program, @words) = @_;

    my @command = ($program, "\@$d->{address}", '-p', $d->{port},
                   map { split(' ') } @words);

    open(my $pipe, '-|', @command) or die("$program: $!");
    local $/;

    return scalar(<$pipe>) // '';
}


# What comes back to a question with an option (an empty keepalive): its
# keepalive's number, undef without one.

sub keepalive
{
    my (%how) = @_;

    my $option = $how{option} // pack('nn', 11, 0);
    my $question = SrvRegistrar::Dnsd::raw(ar => 1,
        rest => SrvRegistrar::Dnsd::wire_name(NAME) . pack('nn', 1, 1)
        . "\0" . pack('nnNn/a*', 41, 1232, 0, $option));
    my $reply = $how{tcp} ? $d->ask_tcp($question) : $d->ask($question);
    my $rcode = unpack('x3 C', $reply) & 15;

    return "RCODE $rcode" if $rcode != 0;

    return $reply =~ /\x00\x0b\x00\x02(..)$/s ? unpack('n', $1) : undef;
}
