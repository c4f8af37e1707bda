#!/usr/bin/perl

# The file system is full: updates hear 507, nothing that was acknowledged is
# lost, dnsd goes on, who takes something away can, and when there is space
# again all works without a restart.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::Load;
use SrvRegistrar::Prober;

plan(skip_all => 'only root can mount') if $> != 0;

my $t = SrvRegistrar->new();
my $store = $t->path('store');
my $output = SrvRegistrar::run('mount', '-t', 'tmpfs', '-o',
    'size=1m,mode=750', 'tmpfs', $store);

plan(skip_all => "no tmpfs: $output") if $?;

# Lazily: servers of a test that died still have it open.
my $test = $$;
END { system('umount', '-l', $store) if $test && $test == $$ }

$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
$t->start(dnsd => 1);

my $load = SrvRegistrar::Load->new($t, clients => 4, devices => 4);

$load->enroll();

my $device = pop(@{ $load->{fleet} });

is($device->register(1)->{status}, 200, 'there is space');

my $prober = SrvRegistrar::Prober->start($t, $device->fqdn());

fill();

# Pages of the file that are free are used first.
my $n = 1;
my $reply;

for my $large (@{ $load->{fleet} }) {
    $reply = $large->put({ records => [
        map { { name => "t$_", type => 'TXT', data => ['"' . 'x' x 250 . '"'] }
        } 1 .. 10,
    ] });
    last if $reply->{status} != 200;
}

is(outcome($reply), '507 store-full', 'the disk is full')
    or diag($t->store_check()->{text});
is(published($device), $n, 'dnsd shows what was acknowledged');

my ($leaves, $goes) = @{ $load->{fleet} };

is(outcome($leaves->delete()), '200', 'a device withdraws');
is(published($leaves), '', '... and is gone');
is($t->srvctl('suspend', $goes->fqdn), '', 'another is suspended');
is(published($goes), '', '... and is gone');
is(outcome($goes->show()), '403 suspended', '... its key is refused');
is($t->srvctl('resume', $goes->fqdn), '', '... and it may come back');
is($t->store_check()->{damaged}, 0, 'no value is damaged');

unlink("$store/ballast");

is(outcome($device->register($n + 1)), '200', 'space again: it works');
is(published($device), $n + 1, 'and is published');

push(@{ $load->{fleet} }, $device);
$load->start();
$load->wait_acknowledged(50);
$load->stop();
is_deeply([$load->missing()], [], 'for all');
is_deeply($prober->stop(), [], 'dnsd answered all the time');
is($t->store_check()->{damaged}, 0, 'no value is damaged');

done_testing();


sub fill
{
    open(my $file, '>', "$store/ballast") or die("ballast: $!");

    while (defined(syswrite($file, 'x' x 4096))) { }
    close($file);
}


sub published
{
    my ($device) = @_;
    my $text = $t->answers('_xmpp-server._tcp.' . $device->fqdn(), 'SRV');

    return $text =~ / srv 0 0 (\d+) / ? $1 : $text;
}
