#!/usr/bin/perl

# Response rate limiting: what a prefix gets of a flood, by kind of answer, and
# the ways by which an honest client comes through all the same.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::IP;
use Test::More;
use Time::HiRes ();

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(wait_until);

use constant RATE   => 10;
use constant FLOOD  => 100;
use constant COOKIE => pack('nn/a*', 10, "\1\2\3\4\5\6\7\10");

my $d = SrvRegistrar::Dnsd->new();
my $conf = "$d->{dir}/conf";

$d->allow_log(qr/^dnsd: rate limit: answers to /, qr/^dnsd: reloaded$/);
$d->fill($d->ZONE . $d->DEVICE . $d->DEVICE =~ s/dev1/dev2/r);
$d->start('--rate-limit', RATE, '--threads', 2);

# Each flood comes from a prefix of its own.

my $prefix = 0;

# Another dnsd, that is left alone after a flood: see the end.

my $quiet = SrvRegistrar::Dnsd->new(store => $d->{store});

$quiet->allow_log(qr/^dnsd: rate limit: answers to /);
$quiet->start('--rate-limit', 1);
flood(sub { question('dev1.devices.example') }, to => $quiet);

limited('one name', flood(sub { question('dev1.devices.example') }));
limited('whatever is asked of it', flood(sub {
    question("x$_[0]._tcp.dev1.devices.example", (1, 28, 33)[$_[0] % 3])
}));
limited('names that do not exist', flood(sub {
    question("absent$_[0].devices.example")
}));
limited('... and below one that does', flood(sub {
    question("absent$_[0].dev1.devices.example")
}));

# Errors are small, so that they are sent as they are.

my $errors = flood(sub { question("x$_[0].example") });
within('errors together', $errors);
is($errors->{short}, 0, '... none with TC');
is(($errors->{rcodes}{5} // 0), $errors->{whole}, '... all REFUSED');

# A flood about one thing leaves the others alone, and so it is with prefixes.

my $from = source();
my $begun = Time::HiRes::time();

flood(sub { question("absent$_[0].devices.example") }, from => $from);
is(flood(sub { question('dev1.devices.example') }, from => $from, n => 5)
   ->{whole}, 5, 'a flood of absent names leaves those that exist');
is(flood(sub { question('dev1.devices.example') }, n => 5)->{whole}, 5,
   '... and other prefixes');

# Of its own it would have a second's worth besides what time gives back.

my $neighbour = flood(sub { question("absent$_[0].devices.example") },
                      from => $from =~ s/\d+$/77/r);
cmp_ok($neighbour->{whole}, '<=', 1 + RATE * (Time::HiRes::time() - $begun),
       '... but not another address of that one');

# With a cookie: BADCOOKIE and a good cookie, which then is all that counts.

$from = source();
my $flood = flood(sub { question('dev1.devices.example', 1, COOKIE) },
                  from => $from);
within('with a client cookie', $flood);
is($flood->{short}, 0, '... no TC');
cmp_ok($flood->{rcodes}{7}, '>', 0, '... BADCOOKIE');
my ($good) = $flood->{last} =~ /(\0\x0a\0\x18.{24})/s;
is(flood(sub { question('dev1.devices.example', 1, $good) }, from => $from)
   ->{whole}, FLOOD, 'a valid cookie is not limited');
within('... but from elsewhere', flood(sub {
    question('dev1.devices.example', 1, $good)
}));

my $socket = IO::Socket::INET->new(PeerAddr => $d->{address},
    PeerPort => $d->{port}, Proto => 'tcp', LocalAddr => $from)
    or die("socket: $!");
$socket->autoflush(1);
print $socket map {
    pack('n/a*', question('dev1.devices.example'))
} 1 .. FLOOD;
is(scalar(grep { defined($d->read_tcp($socket)) } 1 .. FLOOD), FLOOD,
   'TCP is not limited');

my $counters = $d->counters();
cmp_ok($counters->{dropped}, '>', 200, 'dropped ones are counted');
cmp_ok($counters->{truncated}, '>', 100, '... and those with TC');
cmp_ok($counters->{BADCOOKIE}, '>', 10, '... and with BADCOOKIE');

like($d->log(), qr{^dnsd: rate limit: answers to 127\.\d+\.0\.0/24 are limited}m,
     'the beginning is logged');
my %begun;
$begun{$_}++ for $d->log() =~ /^dnsd: rate limit: answers to (\S+) are l/mg;
is(scalar(grep { $_ > 1 } values(%begun)), 0, '... once');
is($d->stop(), 0, 'stopped');

# Slip.

$d->start('--rate-limit', RATE, '--rate-limit-slip', 0);
$flood = flood(sub { question('dev1.devices.example') });
within('slip 0', $flood, 0);
$from = source();
is($d->stop(), 0, 'stopped');

$d->start('--rate-limit', RATE, '--rate-limit-slip', 1);
$flood = flood(sub { question('dev1.devices.example') }, from => $from);
is($flood->{whole} + $flood->{short}, FLOOD, 'slip 1: all others have TC');
is($d->stop(), 0, 'stopped');

# Real clients, which find the limit reached.

$d->start('--rate-limit', 1, '--rate-limit-slip', 1);
like(dig($from, '+cookie'), qr/BADCOOKIE, retrying.*203\.0\.113\.7/s,
     'dig comes through by its cookie');
like(dig($from, '+nocookie'), qr/Truncated, retrying in TCP.*203\.0\.113\.7/s,
     '... or by TCP');
is($d->stop(), 0, 'stopped');

# Exempt prefixes, and a limit that comes and goes by SIGHUP.

write_config("rate-limit 1\nrate-limit-exempt 127.0.0.0/8\n");
$d->start('--config', $conf, '--rate-limit', 1);
is(flood(sub { question('dev1.devices.example') })->{whole}, FLOOD,
   'an exempt prefix');
write_config("rate-limit-exempt 127.0.0.1\n");
kill('HUP', $d->{pid});
ok($d->wait_log(qr/^dnsd: reloaded$/m), 'another one');
ok(wait_until(sub {
    flood(sub { question('dev1.devices.example') })->{whole} < FLOOD
}), '... and that is not exempt any more');
is($d->stop(), 0, 'stopped');

# IPv6 has one loopback address.

SKIP: {
    my $probe = IO::Socket::IP->new(Proto => 'udp', LocalHost => '::1')
        or skip('no IPv6 here', 3);

    $d->start('--listen', "::1\@$d->{port}", '--rate-limit', 1,
              '--rate-limit-slip', 1);

    my $v6 = IO::Socket::IP->new(Proto => 'udp', PeerHost => '::1',
        PeerPort => $d->{port}) or die("socket: $!");
    my $truncated = 0;

    for (1 .. 20) {
        $v6->send(question('dev1.devices.example'));
        IO::Select->new($v6)->can_read(10) or die('no reply');
        $v6->recv(my $reply, 4096);
        $truncated++ if unpack('x2 n', $reply) & 0x0200;
    }

    cmp_ok($truncated, '>', 10, 'IPv6');
    like($d->log(), qr{^dnsd: rate limit: answers to ::/56 are limited}m,
         '... by /56');
    is($d->stop(), 0, 'stopped');
}

# The end is logged, when nothing was limited for ten seconds.

ok($quiet->wait_log(qr{^dnsd:\ rate\ limit:\ answers\ to\ 127\.\d+\.0\.0/24
   \ are\ no\ longer\ limited,\ \d+\ were$}mx), 'the end is logged');
is(scalar(() = $quiet->log() =~ /rate limit/g), 2, '... once');
is($quiet->stop(), 0, 'stopped');
$quiet->finish();

$d->finish();
done_testing();


# An address in a /24 of its own.

sub source
{
    return sprintf('127.%d.0.1', 1 + $prefix++);
}


sub question
{
    my ($name, $type, $option, $id) = @_;

    return SrvRegistrar::Dnsd::raw(id => $id, ar => defined($option) ? 1 : 0,
        rest => SrvRegistrar::Dnsd::wire_name($name)
        . pack('nn', $type // 1, 1)
        . (defined($option) ? "\0" . pack('nnNn/a*', 41, 1232, 0, $option)
                            : ''));
}


# Sends many questions and counts what comes back: { whole, short (with TC),
# rcodes, seconds (how long it took), last (the last reply) }.

sub flood
{
    my ($make, %how) = @_;

    my $to = $how{to} // $d;
    my $from = $how{from} // source();
    my $last = cookie($to, $from);
    my $socket = IO::Socket::INET->new(PeerAddr => $to->{address},
        PeerPort => $to->{port}, Proto => 'udp', LocalAddr => $from)
        or die("socket: $!");
    my %count = (whole => 0, short => 0, rcodes => {},
                 sent => $how{n} // FLOOD);
    my $begun = Time::HiRes::time();

    # One thread answers all, in order; nothing limits the last one.

    $socket->send($make->($_)) for 1 .. $count{sent};
    $socket->send(question('www.devices.example', 1, $last, 1));

    for ( ;; ) {
        IO::Select->new($socket)->can_read(10) or die('no reply');
        $socket->recv(my $reply, 4096);

        my ($id, $flags) = unpack('nn', $reply);

        last if $id == 1;
        $count{rcodes}{$flags & 15}++;
        $count{$flags & 0x0200 ? 'short' : 'whole'}++ if ($flags & 15) != 7;
        $count{last} = $reply;
    }

    $count{seconds} = Time::HiRes::time() - $begun;

    return \%count;
}


# A COOKIE option that is good for an address, by TCP.

sub cookie
{
    my ($to, $from) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => $to->{address},
        PeerPort => $to->{port}, Proto => 'tcp', LocalAddr => $from)
        or die("socket: $!");

    $socket->autoflush(1);
    print $socket pack('n/a*', question('www.devices.example', 1, COOKIE));

    my ($option) = $to->read_tcp($socket) =~ /(\0\x0a\0\x18.{24})/s;

    return $option;
}


# What dig says when the limit is reached just before; again where the machine
# was too slow for that.

sub dig
{
    my ($from, @options) = @_;

    my $said;

    for (1 .. 10) {
        flood(sub { question('dev1.devices.example') }, from => $from);
        $said = `dig \@$d->{address} -p $d->{port} -b $from @options \\
            dev1.devices.example A`;
        last if $said =~ /retrying/;
    }

    return $said;
}


# A second's worth, and what the time gave.

sub within
{
    my ($what, $flood) = @_;

    # of errors some have slipped

    my $slipped = $flood->{rcodes}{5} ? ($flood->{sent} - RATE) / 2 : 0;

    cmp_ok($flood->{whole}, '>=', RATE, "$what: as many as allowed");
    cmp_ok($flood->{whole}, '<=',
           RATE * (1 + $flood->{seconds}) + 1 + $slipped, '... no more');
}


sub limited
{
    my ($what, $flood) = @_;

    my $held = $flood->{sent} - $flood->{whole};

    within($what, $flood);
    cmp_ok(abs($flood->{short} - $held / 2), '<=', 1,
           '... and each second other one with TC');
}


sub write_config
{
    my ($text) = @_;

    open(my $file, '>', $conf) or die("conf: $!");
    print $file $text;
    close($file) or die("conf: $!");
}
