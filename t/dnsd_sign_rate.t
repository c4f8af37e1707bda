#!/usr/bin/perl

# A flood of names that do not exist, each of which takes a signature: no more
# are made than the operator allows, TCP has its own, and whoever asks for what
# is there notices nothing; nor does who asks for few that are not, from another
# address than the flood's.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(program wait_until);

use constant { UDP => 20, TCP => 5, FLOOD => 4000 };
use constant TC => 0x0200;

my $keygen = program('dnssec-keygen')
    or plan(skip_all => 'no dnssec-keygen here');

my $d = SrvRegistrar::Dnsd->new();
my $keys = File::Temp::tempdir('keys-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $other = File::Temp::tempdir('keys-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $key = keygen($keys, 'devices.example');
my ($n, %before) = (0);

keygen($other, 'other.example');
$d->allow_log(qr/can still be read by dnsd|a key-signing key for all of/,
              qr/^dnsd: reloaded$/);
$d->fill($d->ZONE =~ s/\n/\nkey $keys\/$key\n/r . $d->DEVICE);

my @start = ('--threads', 2, '--keys', $keys, '--config', "$d->{dir}/conf");

configure(UDP, TCP);
$d->start(@start);


# One of each kind.

is(outcome($d->ask(question())), 'signed', 'an absent name, by UDP');
is(outcome($d->ask_tcp(question())), 'signed', '... and by TCP');
is(outcome($d->ask(known('A'))), 'signed', 'a name that is there');
is(outcome($d->ask(known('MX'))), 'signed', 'a type that is not');
counted('each is told', 'udp made' => 1, 'tcp made' => 1, 'udp stored' => 2);


# The flood, and somebody who asks for what is there.

%before = counts();
my $began = time();
my ($flood, $probes, $others) = flood(FLOOD);
my $took = time() - $began;
my $most = UDP * ($took + 1) + 1;

is($flood->{signed} + $flood->{truncated}, $flood->{answered},
   'a flood is signed or TC');
cmp_ok($flood->{answered}, '>=', FLOOD / 2, "... $flood->{answered} of it");
cmp_ok($flood->{signed}, '<=', $most,
       sprintf('%d were signed in %.2f s', $flood->{signed}, $took));
cmp_ok($flood->{signed}, '>', 0, '... and some were');
cmp_ok(scalar(@$probes), '>=', 20, scalar(@$probes) . ' known names meanwhile');
is(scalar(grep { $_ ne 'signed' } @$probes), 0, '... with signatures each');
cmp_ok(scalar(@$others), '>=', 3, scalar(@$others) . ' absent names from '
    . 'elsewhere');
is(scalar(grep { $_ ne 'signed' } @$others), 0, '... with signatures each');

my %after = counts();

is($after{'udp made'} - $before{'udp made'}, $flood->{signed} + @$others,
   'metrics: signatures')
    if $flood->{answered} == FLOOD;
is($after{'udp share'} - $before{'udp share'}, $flood->{truncated},
   'metrics: refused')
    if $flood->{answered} == FLOOD;
is($after{'udp budget'}, $before{'udp budget'}, '... none for others');
is($after{'tcp made'}, $before{'tcp made'}, 'TCP has its own');


# Sources without number, as a forger has them: each gets its one while there is
# one, and then none is left for anybody but who shows a cookie.

my $cookie = cookie('127.8.0.1');

%before = counts();
cmp_ok(scalar(forged()), '>', 0, 'forged sources can take all');
is(outcome(from('127.8.0.1', question(cookie => $cookie))), 'signed',
   "a cookie is as good as TCP: $_") for 1, 2;
%after = counts();
cmp_ok($after{'udp budget'} - $before{'udp budget'}, '>', 0, '... told');


# TCP: its own, and then no answer but an error.

my $socket = $d->connect();
my %tcp = (signed => 0, SERVFAIL => 0);

$began = time();
print $socket map { pack('n/a*', question()) } 1 .. 10 * TCP;
my $beside = $d->connect(LocalAddr => '127.0.0.8');
print $beside pack('n/a*', question());
is(outcome($d->read_tcp($beside)), 'signed', 'TCP, beside a flood');
$tcp{ outcome($d->read_tcp($socket)) }++ for 1 .. 10 * TCP;
$took = time() - $began;

cmp_ok($tcp{signed}, '<=', TCP * ($took + 1) + 1, 'TCP is bounded, too');
cmp_ok($tcp{signed}, '>', 0, '... and has some');
is($tcp{signed} + $tcp{SERVFAIL}, 10 * TCP, '... all else is SERVFAIL');
is(outcome($d->ask_tcp(known('A'))), 'signed', 'a name that is there is not');


# More of it by a reload.

configure(100000, TCP);
kill('HUP', $d->{pid});
ok($d->wait_log(qr/^dnsd: reloaded$/m), 'reloaded');
is(scalar(grep { outcome($d->ask(question())) ne 'signed' } 1 .. 5 * UDP), 0,
   'what is allowed now, is signed');
is($d->stop(), 0, 'stopped');


# Without the key.

for my $case (['no keys at all'], ['another zone\'s', '--keys', $other]) {
    my ($label, @options) = @$case;

    $d->start('--threads', 1, @options);
    is(outcome($d->ask(question())), 'SERVFAIL', "$label: no denial by UDP");
    is(outcome($d->ask_tcp(question())), 'SERVFAIL', '... or TCP');
    is(outcome($d->ask(known('A'))), 'signed', '... but what is there');
    is($d->query(absent(), 'A')->header->rcode, 'NXDOMAIN',
       '... and who asks for no signature');
    counted('... told', 'udp no_key' => 1, 'tcp no_key' => 1,
            'udp stored' => 1);
    is($d->stop(), 0, 'stopped');
}

done_testing();


sub keygen
{
    my ($dir, $zone) = @_;

    my $base = qx($keygen -q -K $dir -a ECDSAP256SHA256 -f KSK $zone);

    chomp($base);

    return $base;
}


sub configure
{
    my ($udp, $tcp) = @_;

    open(my $conf, '>', "$d->{dir}/conf") or die("conf: $!");
    print $conf "sign-rate $udp\nsign-rate-tcp $tcp\n";
    close($conf);
}


sub absent { return sprintf('no%d-%d.devices.example', $$, $n++) }


sub question
{
    my (%options) = @_;

    return $d->packet(absent(), 'A', edns => 1232, do => 1)->data()
        if !$options{cookie};

    return with_cookie(absent(), $options{cookie});
}


sub with_cookie
{
    my ($name, $cookie) = @_;

    my $bytes = $d->packet($name, 'A')->data();

    substr($bytes, 10, 2, pack('n', 1));

    return $bytes . "\0" . pack('nnNn/a*', 41, 1232, 0x8000,
                                pack('nn/a*', 10, $cookie));
}


# By UDP, from another address.

sub from
{
    my ($address, $question) = @_;

    my $socket = IO::Socket::INET->new(Proto => 'udp', LocalAddr => $address,
        PeerAddr => $d->{address}, PeerPort => $d->{port})
        or die("socket: $!");

    $socket->send($question);
    IO::Select->new($socket)->can_read(10) or return undef;
    $socket->recv(my $reply, 4096);

    return $reply;
}


# The option of a client that has been here before.

sub cookie
{
    my ($address) = @_;

    my $reply = from($address, with_cookie('dev1.devices.example',
                                           'ourpart.'));

    return $reply =~ /(ourpart\..{16})/s ? $1 : die('no cookie');
}


# One question from each of many networks; how many were refused.

sub forged
{
    return grep { outcome(from("127.7.$_.1", question())) eq 'truncated' }
        1 .. 10 * UDP;
}


sub known
{
    my ($type) = @_;

    return $d->packet('dev1.devices.example', $type, edns => 1232,
                      do => 1)->data();
}


# What became of a question.

sub outcome
{
    my ($reply) = @_;

    return 'none' if !defined($reply);
    return 'truncated' if unpack('x2n', $reply) & TC;

    my $packet = Net::DNS::Packet->new(\$reply);

    return $packet->header->rcode if $packet->header->rcode ne 'NOERROR';

    return (grep { $_->type eq 'RRSIG' } $packet->answer, $packet->authority)
        ? 'signed' : 'unsigned';
}


# Asks for so many absent names as fast as they are answered, a window of them
# under way; now and then for one that is there, and for an absent one from
# another network, by other sockets.

sub flood
{
    my ($left) = @_;

    my ($socket, $probe, $other) = map { IO::Socket::INET->new(Proto => 'udp',
        PeerAddr => $d->{address}, PeerPort => $d->{port}, LocalAddr => $_)
        or die("socket: $!") } '127.0.0.1', '127.0.0.1', '127.9.0.1';
    my $select = IO::Select->new($socket);
    my %flood = map { $_ => 0 } qw(signed truncated answered);
    my $template = $d->packet('x' x 20 . '.devices.example', 'A', edns => 1232,
                              do => 1)->data();
    my ($under_way, $at) = (0, index($template, 'x' x 20));
    my (@probes, @others);

    while ($left > 0 || $under_way > 0) {
        while ($left > 0 && $under_way < 64) {
            substr($template, $at, 20, sprintf('f%019d', $left--));
            $socket->send($template);
            $under_way++;
        }

        # what is lost under load is not waited for

        last if !$select->can_read(10);
        $socket->recv(my $reply, 4096);
        $under_way--;
        $flood{answered}++;
        $flood{ unpack('x2n', $reply) & TC ? 'truncated' : 'signed' }++
            if (unpack('x2n', $reply) & 0xf) == 0;

        push(@probes, outcome(probe($probe, known('A'))))
            if $flood{answered} % 100 == 0;
        push(@others, outcome(probe($other, question())))
            if $flood{answered} % 1000 == 500;
    }

    return (\%flood, \@probes, \@others);
}


sub probe
{
    my ($socket, $question) = @_;

    $socket->send($question);
    IO::Select->new($socket)->can_read(10) or return undef;
    $socket->recv(my $reply, 4096);

    return $reply;
}


# { 'udp made' => 1, ... }, all of them.

sub counts
{
    my $stats = $d->stats();
    my %counts = map { my $way = $_;
        map { ("$way $_" => 0) } qw(stored made budget share no_key failed
                                    expired not_yet) } qw(udp tcp);

    for my $name (keys(%$stats)) {
        $counts{"$1 $2"} = $stats->{$name} if $name =~
            /^dnsd_responses_dnssec_total\{transport="(\w+)",signatures="(\w+)"\}/;
    }

    return %counts;
}


sub counted
{
    my ($label, %expected) = @_;

    my %counts = counts();

    is_deeply({ map { $counts{$_} ? ($_ => $counts{$_}) : () } keys(%counts) },
              \%expected, $label);
}
