#!/usr/bin/perl

# Devices fill the map: who finds no room hears 507, what was acknowledged
# stays and is served, a device that withdraws makes room, and a reload with
# a larger map cures it, which dnsd follows.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::Load;
use SrvRegistrar::Prober;

# LMDB's own least: a map that is never set is as large.
use constant SMALL => '1m';
use constant LARGE => '8m';

my $t = SrvRegistrar->new();

$t->configure(
    http   => 'srv_registrar_map_size ' . SMALL . ';',
    zone   => 'max_bytes 8192;',
    enroll => SrvRegistrar::Load->enroll_slot(),
);
$t->start(dnsd => 1);

my $load = SrvRegistrar::Load->new($t, clients => 160, devices => 1);

$load->enroll();

my $prober = SrvRegistrar::Prober->start($t);
my $socket = $t->{client}->connect() or die($@);
my (@there, @refused, $first);

for my $device (@{ $load->{fleet} }) {
    my $reply = large($device, 1);

    if ($reply->{status} == 200) {
        push(@there, $device);

    } else {
        $first //= $reply;
        push(@refused, $device);
    }
}

note(scalar(@there), ' devices have room');
cmp_ok(scalar(@there), '>', 50, 'many devices have room');
cmp_ok(scalar(@there), '<', 160, 'not all');
is(outcome($first), '507 store-full', 'then no more');
like($first->{headers}{'retry-after'}, qr/^[1-9]\d*$/,
    'it says when to try again');


# Enough of them, since each takes a while to decode.
my @some = @there[map { 5 * $_ } 0 .. $#there / 5];

is_deeply([grep { shown($_) != 1 } @some], [], 'what was there is there');
is_deeply([grep { published($_) != 1 } @some], [], 'and published');
is(published($refused[0]), 0, 'what was refused is not');
is($t->store_check()->{damaged}, 0, 'no value is damaged');

# A restore writes into the copy, which is as full.
my $other = $t->path('other');

mkdir($other) or die("mkdir: $!");
is($t->srvctl('backup', $t->path('full')), '', 'a backup is made');
is(SrvRegistrar::run(SrvRegistrar::BUILD . '/srvctl', '--store', $other,
        'restore', $t->path('full')), '', 'and comes back elsewhere');

# What is freed is free after the next commit, and not always in one piece.
my @withdrawn = @some[0 .. 4];

is_deeply([grep { outcome(withdraw($_)) ne '200' } @withdrawn], [],
    'some withdraw');
is_deeply([grep { published($_) != 0 } @withdrawn], [], 'and are gone');

for (1 .. 10) {
    $first = large($refused[0], 2);
    last if $first->{status} == 200;
}

is(outcome($first), '200', 'another takes their room');
is(published($refused[0]), 2, 'and is published');

$t->configure(http => 'srv_registrar_map_size ' . LARGE . ';');
ok($t->reload_all(), 'a larger map');
$socket = $t->{client}->connect() or die($@);

push(@refused, @withdrawn);

is_deeply([grep { outcome(large($_, 3)) ne '200' } @refused], [],
    'has room for all');
is_deeply([grep { published($_) != 3 } @refused[0, -1]], [],
    'dnsd follows');
cmp_ok($t->store_check()->{map}, '>', 1 << 20, 'beyond the old end');
is_deeply($prober->stop(), [], 'and answered all the time');

done_testing();


# Registers about 7 KB, of which 2 pages and more are used; the number says
# which time it is.

sub large
{
    my ($device, $n) = @_;

    return $device->put({ records => [
        map { { name => "t$_", type => 'TXT',
                data => [qq("$n" ") . 'x' x 250 . '"'] } } 1 .. 24,
    ] }, socket => $socket, keepalive => 1);
}


sub withdraw
{
    my ($device) = @_;

    return $device->delete(socket => $socket, keepalive => 1);
}


sub shown
{
    my ($device) = @_;
    my $reply = $device->show(socket => $socket, keepalive => 1);

    return $reply->{body} =~ /\\"(\d)\\" / ? $1 : 0;
}


sub published
{
    my ($device) = @_;
    my $text = $t->answers('t1.' . $device->fqdn(), 'TXT') // 'no answer';

    return $text eq '' ? 0 : $text =~ / txt \W*(\d)\W/ ? $1 : $text;
}
