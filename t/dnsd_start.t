#!/usr/bin/perl

# The command line, what cannot be bound, and what is given up afterwards.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Test::More;

use SrvRegistrar::Dnsd;

my $d = SrvRegistrar::Dnsd->new();
my $dir = $d->{dir};
my $listen = "$d->{address}\@$d->{port}";

$d->fill($d->ZONE . $d->DEVICE);
$d->allow_log(qr/./);               # this test reads the log itself

my @cases = (
    # options, exit status, message
    [['--help'], 0, qr/^usage: dnsd --store DIR/],
    [['--version'], 0, qr/^dnsd \d+\.\d+/],
    [[], 1, qr/--store is missing/],
    [['--store', $dir], 1, qr/--listen is missing/],
    [['--listen', $listen], 1, qr/--store is missing/],
    [['--nonsense'], 1, qr/unrecognized option/],
    [['--store', $dir, 'word'], 1, qr/"word" is not an option/],
    (map { [['--listen', $_], 1, qr/--listen \Q$_\E: not an IPv4 or IPv6/] }
        '', 'host.example', '127.0.0.1:53', '127.0.0.1@', '127.0.0.1@0',
        '127.0.0.1@65536', '127.0.0.1@65589', '127.0.0.1@-1', '@53', '1.2.3',
        '::1::2', '[::1]@53', '127.0.0.1@ 53', '127.0.0.1@5300x', 'x' x 200),
    [['--listen', '::1@5300', '--listen', '0:0::1@5300'], 1, qr/given twice/],
    [[map { ('--listen', "127.0.0.1\@$_") } 1 .. 33], 1,
     qr/more than 32 of them/],
    (map { [['--threads', $_], 1, qr/--threads \Q$_\E: not a number from 1/] }
        '0', '65', '-1', 'x', '', ' 1', '1x', '99999999999999999999'),
    (map { [['--udp-size', $_], 1, qr/--udp-size \Q$_\E: not a number from/] }
        '511', '4097', '70000'),
    [['--store', "$dir/store", '--listen', $listen, '--user', 'no-such-user'],
     1, qr/--user no-such-user: no such user/],
    [['--store', "$dir/store", '--listen', $listen, '--group', 'daemon'],
     1, qr/--group daemon: goes with --user/],
    [['--store', "$dir/store", '--listen', $listen, '--user', 'daemon',
      '--group', 'no-such-group'], 1, qr/no-such-group: no such group/],
    [['--store', "$dir/store", '--listen', '192.0.2.1@5300'], 1,
     qr/cannot listen on 192\.0\.2\.1\@5300 \(UDP\): bind\(\): Cannot assign/],
);

for my $case (@cases) {
    my ($options, $status, $message) = @$case;
    my ($got, $said) = $d->run(@$options);

    is($got, $status, "dnsd @$options");
    like($said, $message, '... says why');
}

# Nobody else's port, also where it could be shared.

$d->start();
my $other = SrvRegistrar::Dnsd->new(address => $d->{address},
                                    port => $d->{port}, store => $d->{store});
my ($status, $said) = $other->run('--store', $d->{store}, '--listen', $listen);

is($status, 1, 'a second dnsd on one port');
like($said, qr/cannot listen on \Q$listen\E \(UDP\): bind\(\): Address alread/,
     '... says what is wrong');
is($d->query('dev1.devices.example', 'A')->header->rcode, 'NOERROR',
   'the first goes on');
is($d->stop('INT'), 0, 'SIGINT stops');
like($d->log(), qr/^dnsd: stopped$/m, '... and it says so');

my $tcp = IO::Socket::INET->new(LocalAddr => $d->{address}, Listen => 1,
                                LocalPort => $d->{port});
($status, $said) = $d->run('--store', $d->{store}, '--listen', $listen);
is($status, 1, 'the TCP port alone is taken');
like($said, qr/cannot listen on \Q$listen\E \(TCP\)/, '... and named');
close($tcp);

# Several addresses, IPv6 among them, and threads.

my $v6 = IO::Socket::IP->can('new')
    ? IO::Socket::IP->new(LocalHost => '::1', Listen => 1) : undef;

SKIP: {
    skip('no IPv6 here', 2) if !$v6;

    my $port = $v6->sockport();
    close($v6);
    $d->start('--listen', "::1\@$port", '--threads', 4);
    my $resolver = Net::DNS::Resolver->new(nameservers => ['::1'],
        port => $port, recurse => 0, udp_timeout => 5, retry => 1);
    my $reply = $resolver->send('dev1.devices.example', 'AAAA');

    is($reply && $reply->header->rcode, 'NOERROR', 'over IPv6');
    is($d->stop(), 0, 'stopped');
}

# A wildcard socket answers from the address that was asked.

$d->{address} = '0.0.0.0';
$d->start('--threads', 1);

for my $address ('127.0.0.1', '127.1.2.3') {
    $d->{address} = $address;
    is($d->query('dev1.devices.example', 'A')->header->rcode, 'NOERROR',
       "asked at $address, answered from there");
}

is($d->stop(), 0, 'stopped');

SKIP: {
    skip('not root', 12) if $> != 0;

    my ($uid, $gid) = (getpwnam('daemon'))[2, 3];

    chown($uid, $gid, $d->{store}, glob("$d->{store}/*"));
    $d->start('--user', 'daemon', '--group', 'nogroup');
    open(my $file, '<', "/proc/$d->{pid}/status") or die "status: $!";
    my $proc = do { local $/; <$file> };

    like($proc, qr/^Uid:\t$uid\t$uid\t$uid\t$uid$/m, 'another user');
    my $nogroup = getgrnam('nogroup');
    like($proc, qr/^Gid:\t$nogroup\t$nogroup\t$nogroup\t$nogroup$/m,
         'another group');
    unlike($proc, qr/^Groups:.*\b0\b/m, 'no group of root\'s');
    like($proc, qr/^NoNewPrivs:\t1$/m, 'no new privileges');
    like($proc, qr/^CapEff:\t0+$/m, 'no capability');
    is($d->query('dev1.devices.example', 'A')->header->rcode, 'NOERROR',
       'the store is read as that user');
    is($d->stop(), 0, 'stopped');

    # LMDB would read on without a lock, and be given recycled pages.

    $d->{wrapper} = ['unshare', '-m', 'sh', '-c',
        'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" '
        . '&& exec "$@"', $d->{store}];
    ($status, $said) = $d->run('--store', $d->{store}, '--listen', $listen);

    skip('no mount namespaces here', 3) if $said =~ /^(?:unshare|mount): /m;

    is($status, 1, 'a read-only lock file');
    like($said, qr/lock\.mdb/, '... is named');
    unlike($said, qr/listening/, '... before anything is answered');
    delete $d->{wrapper};

    # As root to the end is possible, and said.

    chown(0, 0, $d->{store}, glob("$d->{store}/*"));
    $d->{address} = '127.0.0.1';
    my $before = length($d->log());
    $d->start();
    like(substr($d->log(), $before), qr/warning: running as root/,
         'root without --user is warned');
    is($d->stop(), 0, 'stopped');
}

# A file that was cut short under the mapping is the end, and is said.

$d->{address} = '127.0.0.1';
$d->start();
truncate("$d->{store}/data.mdb", 0) or die "truncate: $!";
$d->ask($d->packet('dev1.devices.example', 'A')->data(), 1);
ok(SrvRegistrar::Process::wait_until(sub { !$d->alive() }),
   'a truncated store ends it');
is($d->{status}, 1, '... with an exit status');
like($d->log(), qr/SIGBUS: the store's file was truncated/, '... and a line');

unlike($d->log(), qr/Sanitizer|runtime error/, 'no sanitizer\'s report');
done_testing();
