#!/usr/bin/perl

# srvctl as root on a directory that is another's, as that of nginx's workers
# is: it makes files that are theirs, and follows no link to where they may not
# go themselves.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp;
use Test::More;

use SrvRegistrar;

use constant SRVCTL => SrvRegistrar::BUILD . '/srvctl';
use constant SECRET => "root's own\n";

my ($uid, $gid) = (getpwnam('nobody'))[2, 3];

plan(skip_all => 'only root has rights to give up') if $> != 0;
plan(skip_all => 'there is no user nobody') if !defined($uid);

# Whose process was another user's cannot be looked at for leaks.
local $ENV{ASAN_OPTIONS} = join(':', $ENV{ASAN_OPTIONS} // (),
    'detect_leaks=0');

my $dir = File::Temp->newdir();
my ($store, $backup, $dump, $secret)
    = map { "$dir/$_" } qw(store backup dump secret);

chmod(0755, $dir) or die("chmod: $!");
file($dump, '{"format":1,"time":' . time() . "}\n");


subtest 'what is made' => sub {
    fresh();
    is(ctl('load'), '', 'load');
    is(theirs("$store/$_"), 1, "$_ is theirs") for qw(data.mdb lock.mdb);

    is(ctl('backup', $backup), '', 'backup, where root alone may write');
    is((stat("$backup/data.mdb"))[4], 0, '... is root\'s');
    is((stat(_))[2] & 07777, 0600, '... alone');

    unlink("$store/lock.mdb");
    is(ctl('restore', $backup), '', 'restore, from where root alone may read');
    is(theirs("$store/data.mdb"), 1, '... and that is theirs');
    is_deeply([glob("$store/restore.*")], [], '... with nothing left');
    like(ctl('suspend', 'a.devices.example'), qr/a zone/, 'a change');
    is(theirs("$store/lock.mdb"), 1, '... and what that made');
};


for my $case (['load', 'lock.mdb'], ['list', 'lock.mdb'],
              ['suspend', 'lock.mdb'], ['restore', 'lock.mdb']) {
    my ($command, $link) = @{ $case };

    subtest "$command, with a link to a file of root's" => sub {
        fresh();
        is(ctl('load'), '', 'a store') if $command ne 'load';
        file($secret, SECRET);
        chmod(0600, $secret);
        unlink("$store/$link");
        symlink($secret, "$store/$link") or die("symlink: $!");

        like(ctl($command, argument($command)), qr/Permission denied/,
            'refused');
        is(read_file($secret), SECRET, '... and the file is as it was');
        is((stat($secret))[4], 0, '... and whose it was');
    };
}


subtest 'load, with a link to a place of root\'s' => sub {
    fresh();
    unlink($secret);
    symlink($secret, "$store/data.mdb") or die("symlink: $!");

    like(ctl('load'), qr/Permission denied/, 'refused');
    ok(!-e $secret, '... and nothing is made there');
};

done_testing();


sub fresh
{
    SrvRegistrar::run('rm', '-rf', $store);
    mkdir($store) or die("mkdir: $!");
    chown($uid, $gid, $store) or die("chown: $!");
    chmod(02750, $store) or die("chmod: $!");
}


sub argument
{
    my ($command) = @_;

    return $command eq 'suspend' ? 'a.devices.example'
        : $command eq 'restore' ? $backup : ();
}


sub ctl
{
    my (@arguments) = @_;

    return SrvRegistrar::run('/bin/sh', '-c', 'exec <"$0"; exec "$@"', $dump,
        SRVCTL, '--store', $store, @arguments);
}


sub theirs
{
    my @file = stat($_[0]) or return "$_[0]: $!";

    return $file[4] == $uid && $file[5] == $gid ? 1 : "$file[4]:$file[5]";
}


sub file
{
    my ($path, $text) = @_;

    open(my $file, '>', $path) or die("$path: $!");
    print({ $file } $text);
    close($file) or die("$path: $!");
}


sub read_file
{
    open(my $file, '<', $_[0]) or return "$_[0]: $!";

    return join('', <$file>);
}
